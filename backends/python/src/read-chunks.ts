import { Socket, type SocketConstructorOpts } from 'node:net';

/** Only one read is under way at any time: all sockets of the process share it. */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024);

interface HandleOwner {
  // Undocumented, but the only way to an `onread` on the socket of a child process.
  _handle: {
    readonly useUserBuffer?: unknown;
    readStop(): unknown;
    reading: boolean;
  } | null;
}

/**
 * Passes on what arrives, in memory that is the receiver's: as much as has arrived, where Node
 * takes 64 kB from the system for each read and gives back most of it. Returns the socket to be
 * used from now on. Where this Node has no such handle, it is the same one, read in the ordinary
 * way.
 */
export function readChunks(socket: Socket, receive: (chunk: Buffer) => void): Socket {
  const owner = socket as unknown as HandleOwner;
  const handle = owner._handle;
  if (!handle || typeof handle.useUserBuffer !== 'function') {
    socket.on('data', receive);
    return socket;
  }
  // It has been reading since it was made.
  handle.readStop();
  handle.reading = false;
  const options = {
    handle,
    onread: {
      buffer: sharedBuffer,
      callback: (length: number) => {
        receive(Buffer.from(sharedBuffer.subarray(0, length)));
        return true;
      },
    },
    manualStart: true,
  };
  const direct = new Socket(options as SocketConstructorOpts);
  owner._handle = null;
  direct.resume();
  return direct;
}
