import { Socket } from 'node:net';

/** Who reads from a socket. */
export interface SocketReader {
  /** Where the next bytes are to be put instead of the shared buffer; undefined: anywhere. */
  directTarget(): Buffer | undefined;
  /** So many bytes lie in the direct target. */
  arrived(length: number): void;
  /** Takes bytes in memory that is used again as soon as this returns. */
  receive(bytes: Buffer): void;
}

/** Only one read is under way at any time: all sockets of the process share it. */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** What the last small read brought: the next one mostly has the same length. */
let sharedView = sharedBuffer;

interface HandleOwner {
  // Undocumented, but the only way to an `onread` on a connection that was accepted.
  _handle: { readonly useUserBuffer?: unknown } | null;
  _server?: unknown;
  server?: unknown;
}

/**
 * The same connection as a socket that reads into memory of ours: no buffer is allocated for each
 * read, and a large body is put in its place by the kernel. `socket` must come from a server with
 * `pauseOnConnect`, and is not to be used any more. Where this Node has no such handle, the socket
 * itself is returned, and reads in the ordinary way.
 */
export function readSocket(socket: Socket, attach: (socket: Socket) => SocketReader): Socket {
  const accepted = socket as unknown as HandleOwner;
  const handle = accepted._handle;
  if (!handle || typeof handle.useUserBuffer !== 'function') return readOrdinarily(socket, attach);
  let reader: SocketReader | undefined;
  let target: Buffer = sharedBuffer;
  const onread = {
    buffer: () => {
      target = reader?.directTarget() ?? sharedBuffer;
      return target;
    },
    callback: (length: number) => {
      if (target === sharedBuffer) reader?.receive(viewOf(length));
      else reader?.arrived(length);
      return true;
    },
  };
  const direct = new Socket({ handle, onread, manualStart: true } as ConstructorParameters<
    typeof Socket
  >[0]);
  // The server counts its connections by this field.
  const owner = direct as unknown as HandleOwner;
  owner._server = accepted._server;
  owner.server = accepted.server;
  accepted._handle = null;
  reader = attach(direct);
  direct.resume();
  return direct;
}

function viewOf(length: number): Buffer {
  if (sharedView.length !== length) sharedView = sharedBuffer.subarray(0, length);
  return sharedView;
}

/** Every chunk has memory of its own, made by Node: needed for TLS. */
export function readOrdinarily(socket: Socket, attach: (socket: Socket) => SocketReader): Socket {
  const reader = attach(socket);
  socket.on('data', (chunk: Buffer) => reader.receive(chunk));
  socket.resume();
  return socket;
}
