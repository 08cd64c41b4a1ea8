import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Who takes what a connection receives. */
export interface ByteReceiver {
  /** Takes bytes, which change after the call. */
  receive(bytes: Buffer, length: number): void;
  /** Memory to read the next bytes into, which `placed` will tell of; undefined for no wish. */
  place(): Buffer | undefined;
  /** So many bytes have been read into the place. */
  placed(length: number): void;
}

/**
 * As much is read at once. All connections share the memory, since what is read is taken at once.
 */
const SHARED_BYTES = 256 * 1024;
const shared = Buffer.allocUnsafeSlow(SHARED_BYTES);

/** Of a socket and of its options: Node has no public way to move a handle from one to another. */
interface HandleOwner {
  _handle?: object | null;
}
type OptionsWithHandle = SocketConstructorOpts & {
  readonly handle: object;
  readonly onread: OnReadOpts;
};

/**
 * Makes the receiver of a socket that was accepted with `pauseOnConnect`. It reads into shared
 * memory, or straight into its place, instead of memory that is allocated for each read. Only a new
 * socket can be told so, which takes over the handle of the accepted one; where there is no handle
 * to take, reading goes the usual way.
 */
export function adoptSocket<Receiver extends ByteReceiver>(
  accepted: Socket,
  makeReceiver: (socket: Socket) => Receiver,
): Receiver {
  const owner = accepted as HandleOwner;
  const handle = owner._handle;
  if (!handle) return readUsually(accepted, makeReceiver(accepted));
  let place: Buffer | undefined;
  let receiver: ByteReceiver | undefined;
  const buffer = (): Buffer => {
    place = receiver?.place();
    return place ?? shared;
  };
  const callback = (length: number): boolean => {
    if (place === undefined) receiver?.receive(shared, length);
    else receiver?.placed(length);
    return true;
  };
  const options: OptionsWithHandle = { handle, onread: { buffer, callback } };
  const adopted = new Socket(options);
  // The accepted socket must not close what is no longer its own.
  owner._handle = null;
  const made = makeReceiver(adopted);
  receiver = made;
  return made;
}

/** Reads as TLS sockets have to: each piece is memory of its own. */
export function readUsually<Receiver extends ByteReceiver>(
  socket: Socket,
  receiver: Receiver,
): Receiver {
  socket.on('data', (bytes: Buffer) => receiver.receive(bytes, bytes.length));
  socket.resume();
  return receiver;
}
