/**
 * Sockets from one thread to another. The system duplicates a descriptor that is sent over a pipe;
 * Node does so for child processes only, so that its bindings are used here, as `child_process`
 * uses them. They are not documented: `canPassSockets` tells whether they are there.
 */

import { Socket } from 'node:net';

/** A connection or pipe as Node's C++ sees it. */
export interface RawHandle {
  readonly fd: number;
  close(): void;
}

interface RawPipe extends RawHandle {
  pendingHandle: RawHandle | null;
  onread: (bytes: ArrayBuffer | undefined) => void;
  open(fd: number): number;
  connect(request: object, path: string): number;
  readStart(): number;
  writeUtf8String(request: object, text: string, handle: RawHandle): number;
}

interface PipeBinding {
  readonly Pipe: new (kind: number) => RawPipe;
  readonly PipeConnectWrap: new () => { oncomplete?: (status: number) => void };
  readonly constants: { readonly IPC: number };
}

interface StreamBinding {
  readonly WriteWrap: new () => { oncomplete?: (status: number) => void };
}

interface Bindings {
  readonly pipes: PipeBinding;
  readonly streams: StreamBinding;
}

/** Sends sockets; of the thread that accepts them. */
export interface SocketSender {
  /** Calls back when the socket is on its way, or with false when it could not be sent. */
  send(handle: RawHandle, label: string, done: (sent: boolean) => void): void;
  close(): void;
}

export function canPassSockets(): boolean {
  return bindings() !== undefined;
}

/** `accepted` is the other end's connection, paused, and is left to this from now on. */
export function socketSender(accepted: Socket): SocketSender {
  const { pipes, streams } = requireBindings();
  const handle = rawHandle(accepted);
  if (handle === undefined) throw new Error('a pipe between threads has no handle');
  const pipe = new pipes.Pipe(pipes.constants.IPC);
  pipe.open(handle.fd);
  // Closed by the pipe, the descriptor may soon be that of something else: the socket that knows it
  // too must neither close it nor keep the process alive.
  accepted.unref();
  return {
    send(socket, label, done) {
      const request = new streams.WriteWrap();
      request.oncomplete = (status) => done(status === 0);
      if (pipe.writeUtf8String(request, label, socket) !== 0) done(false);
    },
    close: () => pipe.close(),
  };
}

/** Connects to a sender and takes its sockets, which are paused, with the labels they were sent. */
export function receiveSockets(
  path: string,
  take: (socket: Socket, label: string) => void,
): Promise<void> {
  const { pipes } = requireBindings();
  const pipe = new pipes.Pipe(pipes.constants.IPC);
  return new Promise((resolve, reject) => {
    const request = new pipes.PipeConnectWrap();
    request.oncomplete = (status) => {
      if (status !== 0) {
        reject(new Error(`the main thread cannot be reached: error ${status}`));
        return;
      }
      pipe.onread = (bytes) => {
        const handle = pipe.pendingHandle;
        pipe.pendingHandle = null;
        // The system ends a read behind each descriptor: this is the label of this one.
        if (handle && bytes) take(adopted(handle), Buffer.from(bytes).toString('latin1'));
      };
      pipe.pendingHandle = null;
      pipe.readStart();
      resolve();
    };
    const status = pipe.connect(request, path);
    if (status !== 0) reject(new Error(`the main thread cannot be reached: error ${status}`));
  });
}

/** The handle of a socket that was accepted. */
export function rawHandle(socket: Socket): RawHandle | undefined {
  return (socket as unknown as { readonly _handle?: RawHandle })._handle;
}

function adopted(handle: RawHandle): Socket {
  const options = { handle, pauseOnCreate: true, readable: true, writable: true };
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}

function requireBindings(): Bindings {
  const found = bindings();
  if (found === undefined) throw new Error('this Node has no bindings of pipes');
  return found;
}

function bindings(): Bindings | undefined {
  const { binding } = process as unknown as { binding?: (name: string) => unknown };
  if (binding === undefined || process.platform === 'win32') return undefined;
  try {
    const pipes = binding.call(process, 'pipe_wrap') as PipeBinding;
    return { pipes, streams: binding.call(process, 'stream_wrap') as StreamBinding };
  } catch {
    return undefined;
  }
}
