import type { Socket } from 'node:net';
import type { AnswerChunk } from './http-exchange.js';
import type { Flushable, WriteTurn } from './write-turn.js';

interface AnswerOutputOptions {
  readonly writeTimeoutMs: number;
  readonly maxUnreadBytes: number;
  readonly turn: WriteTurn;
}

/** Smaller writes are joined: a system call costs more than such a copy. */
const MAX_JOINED_BYTES = 64 * 1024;

/**
 * The way out of a connection: joins what is written in one turn of the event loop, and watches
 * that it is taken.
 */
export class AnswerOutput implements Flushable {
  readonly #socket: Socket;
  readonly #options: AnswerOutputOptions;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** Called when the system has what is in the queue. */
  #callbacks: (() => void)[] = [];
  #waiting = false;
  #watching = false;
  #drained: Promise<void> | undefined;

  constructor(socket: Socket, options: AnswerOutputOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** `head` and `tail` are text in latin1. */
  write(head: string, chunks: readonly AnswerChunk[], tail = ''): void {
    let bodyBytes = 0;
    for (const chunk of chunks) bodyBytes += chunk.length;
    const total = head.length + bodyBytes + tail.length;
    if (total <= MAX_JOINED_BYTES) {
      this.#push(joined({ head, chunks, tail, total }));
    } else {
      this.#push(Buffer.from(head, 'latin1'));
      for (const chunk of chunks) if (chunk.length > 0) this.#push(bytesOf(chunk));
      if (tail !== '') this.#push(Buffer.from(tail, 'latin1'));
    }
    if (this.#queuedBytes > MAX_JOINED_BYTES) this.flush();
    else if (!this.#waiting) {
      this.#waiting = true;
      this.#options.turn.add(this);
    }
  }

  /** Calls back when the system has all that was written, or the connection has ended. */
  written(callback: () => void): void {
    if (this.#queue.length > 0) this.#callbacks.push(callback);
    else if (this.#socket.writableLength === 0) callback();
    else this.#socket.write('', callback);
  }

  /** Sends what was written. */
  flush(): void {
    this.#waiting = false;
    const queue = this.#queue;
    if (queue.length === 0) return;
    const total = this.#queuedBytes;
    this.#queue = [];
    this.#queuedBytes = 0;
    const socket = this.#socket;
    if (!socket.destroyed && !socket.writableEnded) this.#send(queue, total);
    if (this.#callbacks.length === 0) return;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) this.written(callback);
  }

  /** Undefined while the client keeps up; see AnswerWriter.write. */
  get drained(): Promise<void> | undefined {
    const socket = this.#socket;
    if (!socket.writableNeedDrain) return undefined;
    if (socket.writableLength > this.#options.maxUnreadBytes) {
      socket.destroy();
      return undefined;
    }
    this.#drained ??= new Promise((resolve) => {
      const settle = () => {
        socket.off('drain', settle).off('close', settle);
        this.#drained = undefined;
        resolve();
      };
      socket.on('drain', settle).on('close', settle);
    });
    return this.#drained;
  }

  #push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
  }

  #send(queue: readonly Uint8Array[], total: number): void {
    const socket = this.#socket;
    const [only] = queue;
    if (only && queue.length === 1) {
      socket.write(only);
    } else if (total <= MAX_JOINED_BYTES) {
      socket.write(Buffer.concat(queue, total));
    } else {
      // Corked, the chunks leave in one system call without having been joined.
      socket.cork();
      for (const chunk of queue) socket.write(chunk);
      socket.uncork();
    }
    if (socket.writableLength > 0) this.#watch();
  }

  /** Node looks itself whether the system took something in the time; see `net.Socket`. */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#socket.setTimeout(this.#options.writeTimeoutMs);
    this.#socket.on('timeout', () => {
      if (this.#socket.writableLength > 0) this.#socket.destroy();
    });
  }
}

interface JoinedParts {
  readonly head: string;
  readonly chunks: readonly AnswerChunk[];
  readonly tail: string;
  readonly total: number;
}

/** Text that follows text is turned into bytes with it. */
function joined({ head, chunks, tail, total }: JoinedParts): Uint8Array {
  const bytes = Buffer.allocUnsafe(total);
  let text = head;
  let at = 0;
  for (const chunk of chunks) {
    if (typeof chunk === 'string') {
      text += chunk;
      continue;
    }
    if (text !== '') at += bytes.write(text, at, 'latin1');
    text = '';
    bytes.set(chunk, at);
    at += chunk.length;
  }
  text += tail;
  if (text !== '') bytes.write(text, at, 'latin1');
  return bytes;
}

function bytesOf(chunk: AnswerChunk): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
}
