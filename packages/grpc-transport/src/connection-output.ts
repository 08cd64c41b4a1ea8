import type { Socket } from 'node:net';
import type { ByteBudget } from './byte-budget.js';
import { copyTo } from './copy-bytes.js';
import { FRAME_HEAD_BYTES } from './http2-protocol.js';

/** Written and not taken by the system: above it, data waits in its streams. */
const HIGH_WATER_BYTES = 256 * 1024;
/** Larger pieces are written from where they are, smaller ones are cheaper to copy. */
const COPY_BELOW_BYTES = 4096;
const FIRST_TAIL_BYTES = 4096;
const MAX_TAIL_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** Writes what all connections have to say once for each turn of the event loop. */
export class FlushQueue {
  #outputs: ConnectionOutput[] = [];

  add(output: ConnectionOutput): void {
    if (this.#outputs.length === 0) setImmediate(this.#run);
    this.#outputs.push(output);
  }

  readonly #run = (): void => {
    const outputs = this.#outputs;
    this.#outputs = [];
    for (const output of outputs) output.flush();
  };
}

/** What a connection sends: frames are put together here and written once for each turn. */
export class ConnectionOutput {
  readonly #socket: Socket;
  readonly #queue: FlushQueue;
  readonly #budget: ByteBudget;
  /** What the socket has and the system has not, as far as the budget knows of it. */
  #countedBytes = 0;
  /** Complete pieces, in order; the tail comes after them. */
  #pieces: Buffer[] = [];
  #tail: Buffer | undefined;
  #tailStart = 0;
  #tailEnd = 0;
  #pendingBytes = 0;
  #queued = false;
  /** Called when there is room again after there was none. */
  onRoom: () => void = () => {};
  #wantsRoom = false;
  #sent: (() => void)[] | undefined;
  #written = false;

  constructor(socket: Socket, queue: FlushQueue, budget: ByteBudget) {
    this.#socket = socket;
    this.#queue = queue;
    this.#budget = budget;
    socket.on('drain', () => this.#room());
    socket.on('close', () => this.#count(0));
  }

  /** What the peer has not taken yet. */
  get backlogBytes(): number {
    return this.#pendingBytes + this.#socket.writableLength;
  }

  /** False when data should wait; `onRoom` is called when it need not any longer. */
  hasRoom(): boolean {
    if (this.backlogBytes < HIGH_WATER_BYTES) return true;
    if (this.#pendingBytes > 0) this.#write();
    if (this.backlogBytes < HIGH_WATER_BYTES) return true;
    this.#wantsRoom = true;
    return false;
  }

  frameHead(length: number, typeAndFlags: number, streamId: number): void {
    const at = this.#reserve(FRAME_HEAD_BYTES);
    const tail = this.#tail;
    if (tail === undefined) return;
    tail[at] = length >>> 16;
    tail[at + 1] = length >>> 8;
    tail[at + 2] = length;
    tail[at + 3] = typeAndFlags >>> 8;
    tail[at + 4] = typeAndFlags;
    tail[at + 5] = streamId >>> 24;
    tail[at + 6] = streamId >>> 16;
    tail[at + 7] = streamId >>> 8;
    tail[at + 8] = streamId;
  }

  uint8(value: number): void {
    const at = this.#reserve(1);
    if (this.#tail !== undefined) this.#tail[at] = value;
  }

  uint32(value: number): void {
    const at = this.#reserve(4);
    const tail = this.#tail;
    if (tail === undefined) return;
    tail[at] = value >>> 24;
    tail[at + 1] = value >>> 16;
    tail[at + 2] = value >>> 8;
    tail[at + 3] = value;
  }

  /** The bytes from `start` to `end`, which must not change any more. */
  bytes(bytes: Buffer, start = 0, end = bytes.length): void {
    const length = end - start;
    if (length >= COPY_BELOW_BYTES) {
      this.#cutTail();
      this.#pieces.push(bytes.subarray(start, end));
      this.#grow(length);
      return;
    }
    // Many small pieces are written as one, so these are copied.
    const at = this.#reserve(length);
    if (this.#tail !== undefined) copyTo(this.#tail, at, { bytes, start, end });
  }

  /** Calls back when the system has all that was handed over so far; never, if it gets it not. */
  afterWrite(listener: () => void): void {
    this.#sent ??= [];
    this.#sent.push(listener);
  }

  /** Writes everything, and tells when there is room again. */
  flush(): void {
    this.#queued = false;
    this.#write();
    this.#room();
  }

  /** Whether the system has taken anything since the last call. */
  takeWritten(): boolean {
    const written = this.#written;
    this.#written = false;
    return written;
  }

  /** Gives memory back while nothing is being sent. */
  trim(): void {
    if (this.#pendingBytes === 0) this.#tail = undefined;
  }

  readonly #taken = (): void => {
    this.#written = true;
    this.#count(this.#socket.destroyed ? 0 : this.#socket.writableLength);
  };

  #whenTaken(): (error?: Error | null) => void {
    const sent = this.#sent;
    if (sent === undefined) return this.#taken;
    this.#sent = undefined;
    return (error) => {
      this.#taken();
      if (!error) for (const listener of sent) listener();
    };
  }

  #count(bytes: number): void {
    if (bytes === this.#countedBytes) return;
    this.#budget.add(bytes - this.#countedBytes);
    this.#countedBytes = bytes;
  }

  #room(): void {
    if (!this.#wantsRoom || this.backlogBytes >= HIGH_WATER_BYTES) return;
    this.#wantsRoom = false;
    this.onRoom();
  }

  #reserve(length: number): number {
    if (this.#tail === undefined || this.#tail.length - this.#tailEnd < length) this.#newTail();
    const at = this.#tailEnd;
    this.#tailEnd += length;
    this.#grow(length);
    return at;
  }

  #grow(length: number): void {
    this.#pendingBytes += length;
    if (this.#queued) return;
    this.#queued = true;
    this.#queue.add(this);
  }

  #newTail(): void {
    this.#cutTail();
    const size = this.#tail === undefined ? FIRST_TAIL_BYTES : this.#tail.length * 2;
    this.#tail = Buffer.allocUnsafeSlow(Math.min(size, MAX_TAIL_BYTES));
    this.#tailStart = 0;
    this.#tailEnd = 0;
  }

  #cutTail(): void {
    if (this.#tail === undefined || this.#tailStart === this.#tailEnd) return;
    this.#pieces.push(this.#tail.subarray(this.#tailStart, this.#tailEnd));
    this.#tailStart = this.#tailEnd;
  }

  #write(): void {
    this.#cutTail();
    const pieces = this.#pieces;
    if (pieces.length === 0) return;
    this.#pieces = [];
    this.#pendingBytes = 0;
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) return;
    const last = pieces.length - 1;
    if (last > 0) socket.cork();
    for (let index = 0; index < last; index += 1) socket.write(pieces[index] ?? NOTHING);
    socket.write(pieces[last] ?? NOTHING, this.#whenTaken());
    if (last > 0) socket.uncork();
    // What the system has taken at once is ours again; otherwise it has to stay as it is.
    if (socket.writableLength > 0) this.#tail = undefined;
    this.#count(socket.writableLength);
    this.#tailStart = 0;
    this.#tailEnd = 0;
  }
}
