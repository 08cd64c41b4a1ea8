import {
  Metadata,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { CancelSource } from '@nereid/core';
import type { GrpcCall, GrpcStreamCall } from './grpc-call.js';
import { type GrpcStatus, OK } from './grpc-status.js';

/** How often a call whose client takes nothing is looked at. */
const STALL_CHECK_MS = 1000;

/** What both kinds of calls have in common: metadata, and an end that happens once. */
abstract class GrpcJsCall {
  readonly signal = new CancelSource();
  readonly #metadata: Metadata;
  readonly #call: { getPeer(): string };
  #over = false;
  #closedListener: (() => void) | undefined;

  constructor(call: { readonly metadata: Metadata; getPeer(): string }) {
    this.#metadata = call.metadata;
    this.#call = call;
  }

  get client(): string {
    return this.#call.getPeer().replace(/:\d+$/, '');
  }

  header(name: string): string | undefined {
    const [value] = this.#metadata.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  *headers(): Iterable<readonly [string, string]> {
    for (const [name, value] of Object.entries(this.#metadata.getMap())) {
      if (typeof value === 'string') yield [name, value];
    }
  }

  abstract write(message: Buffer): boolean;

  writePieces(pieces: readonly Buffer[]): boolean {
    // grpc-js takes messages in one piece.
    return this.write(Buffer.concat(pieces));
  }

  onClosed(listener: () => void): void {
    this.#closedListener = listener;
  }

  get over(): boolean {
    return this.#over;
  }

  /** True the first time. */
  protected finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#closedListener?.();
    return true;
  }

  /** grpc-js reports a cancellation after every call; only one before the end is meant. */
  protected readonly cancelled = (): void => {
    if (this.finish()) this.signal.cancel();
  };
}

/**
 * A status as grpc-js wants it: it percent-encodes the message and throws when it has half a
 * character.
 */
function statusObject({ code, message }: GrpcStatus) {
  return { code, details: Buffer.from(message, 'utf8').toString('utf8') };
}

export class GrpcJsUnaryCall extends GrpcJsCall implements GrpcCall {
  readonly #callback: sendUnaryData<Buffer>;
  #message: Buffer | undefined;

  constructor(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
    super(call);
    this.#callback = callback;
    call.on('cancelled', this.cancelled);
  }

  write(message: Buffer): boolean {
    this.#message = message;
    return true;
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(status: GrpcStatus): void {
    if (!this.finish()) return;
    if (status.code === OK.code && this.#message) this.#callback(null, this.#message);
    else this.#callback(statusObject(status));
  }
}

export class GrpcJsStreamCall extends GrpcJsCall implements GrpcStreamCall {
  readonly #call: ServerDuplexStream<Buffer, Buffer>;
  readonly #queueLimit: number;
  #queuedCount = 0;
  #waiting: (() => void)[] = [];
  #stallCheck: NodeJS.Timeout | undefined;

  /** `queueLimit` is how many messages may wait for the client before `write` returns false. */
  constructor(call: ServerDuplexStream<Buffer, Buffer>, queueLimit: number) {
    super(call);
    this.#call = call;
    this.#queueLimit = queueLimit;
    call.on('cancelled', () => {
      this.cancelled();
      this.#wake();
    });
    // Writes that are cut off by a cancellation report here what `cancelled` has already said.
    call.on('error', () => {});
  }

  write(message: Buffer): boolean {
    if (this.over) return true;
    this.#queuedCount += 1;
    this.#call.write(message, this.#written);
    return this.#queuedCount < this.#queueLimit;
  }

  drained(): Promise<void> {
    if (this.over || this.#queuedCount < this.#queueLimit) return Promise.resolve();
    this.#stallCheck ??= setInterval(this.#noticeReset, STALL_CHECK_MS);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    if (!this.over) this.#call.resume();
  }

  /** Nobody counts messages here. */
  retain(): void {}

  release(): void {}

  end(status: GrpcStatus): void {
    if (!this.finish()) return;
    // An error is how grpc-js is told of any status but OK; it still sends what was written before.
    if (status.code === OK.code) this.#call.end();
    else this.#call.emit('error', statusObject(status));
    this.#wake();
  }

  readonly #written = (): void => {
    this.#queuedCount -= 1;
    if (this.#queuedCount < this.#queueLimit) this.#wake();
  };

  /**
   * Node does not close a stream that the client resets with NO_ERROR before its own end, and
   * grpc-js then sees the reset only as it sends. Headers that were sent before are not sent again.
   */
  readonly #noticeReset = (): void => {
    if (!this.over) this.#call.sendMetadata(new Metadata());
  };

  #wake(): void {
    clearInterval(this.#stallCheck);
    this.#stallCheck = undefined;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
