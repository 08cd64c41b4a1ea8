/** What the tests of this package share: a client that sends raw bytes, and a timer to turn. */

import { connect, type Socket } from 'node:net';
import type { HttpTimer } from './http-server.js';

export interface RawAnswer {
  readonly status: number;
  /** The status line and the header fields. */
  readonly head: string;
  readonly body: string;
}

/** A connection that writes whatever it is told to and reads answers one by one. */
export class RawConnection {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  ended = false;
  #notify: (() => void) | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#notify?.();
    });
    this.socket.on('error', () => this.#end());
    this.socket.on('end', () => this.#end());
    this.socket.on('close', () => this.#end());
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** The next answer with a length; undefined when the connection was closed without one. */
  async answer(hasBody = true): Promise<RawAnswer | undefined> {
    for (;;) {
      const answer = this.#take(hasBody);
      if (answer || this.ended) return answer;
      await this.#more();
    }
  }

  /** Everything that comes until the other side closes the connection. */
  async rest(): Promise<string> {
    while (!this.ended) await this.#more();
    return this.received.toString('latin1');
  }

  /** Waits until so many bytes have come. */
  async until(text: string): Promise<void> {
    while (!this.ended && !this.received.includes(text)) await this.#more();
  }

  #end(): void {
    this.ended = true;
    this.#notify?.();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve;
    });
  }

  #take(hasBody: boolean): RawAnswer | undefined {
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = hasBody ? Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) : 0;
    const end = headEnd + 4 + length;
    if (this.received.length < end) return undefined;
    const body = this.received.toString('latin1', headEnd + 4, end);
    this.received = this.received.subarray(end);
    return { status: Number(head.slice(9, 12)), head, body };
  }
}

/** A clock that stands until it is turned. */
export class FakeTimer implements HttpTimer {
  #nowMs = 0;
  readonly #actions = new Set<() => void>();

  nowMs(): number {
    return this.#nowMs;
  }

  every(_intervalMs: number, action: () => void): () => void {
    this.#actions.add(action);
    return () => void this.#actions.delete(action);
  }

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
    for (const action of [...this.#actions]) action();
  }
}

/** Lets bytes that were sent arrive. */
export function arrive(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
