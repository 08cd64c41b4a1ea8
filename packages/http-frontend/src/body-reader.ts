import type { IncomingMessage } from 'node:http';
import type { Clock } from '@nereid/core';
import type { BodyBudget } from './body-budget.js';
import { findHeader } from './header-fields.js';

/** No body may be larger. */
const MAX_BODY_BYTES = 2 ** 31;

/** Memory that a length in a header alone is good for; beyond, memory follows what arrives. */
const MAX_PLEDGED_BYTES = 64 * 1024 * 1024;

/** Each so many microseconds, a body must have grown by so many bytes. */
const PROGRESS_INTERVAL_US = 10_000_000;
const PROGRESS_BYTES = 4096;

export const EMPTY_BODY = new Uint8Array(0);

/**
 * What became of a body: its bytes, or why there are none. `aborted`: the client has gone;
 * `no-budget`: other bodies take all the memory there is for them.
 */
export type BodyOutcome = Uint8Array | 'too-large' | 'too-slow' | 'no-budget' | 'aborted';

/** Reads request bodies to their end and watches that their senders keep sending. */
export class BodyReaders {
  readonly #clock: Clock;
  readonly #budget: BodyBudget;
  readonly #reading = new Set<BodyReader>();
  #cancelCheck: (() => void) | undefined;

  constructor(clock: Clock, budget: BodyBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /**
   * Calls `done` once, at once when there is no body. The bytes of a body count in the budget until
   * whoever has them gives them back.
   */
  read(request: IncomingMessage, done: (outcome: BodyOutcome) => void): void {
    const declaredLength = findHeader(request.rawHeaders, 'content-length');
    const length = declaredLength === undefined ? undefined : Number(declaredLength);
    const chunked = findHeader(request.rawHeaders, 'transfer-encoding') !== undefined;
    if (!chunked && (length === undefined || length === 0)) {
      done(EMPTY_BODY);
    } else if (length !== undefined && length > MAX_BODY_BYTES) {
      done('too-large');
    } else {
      this.#start(new BodyReader(request, { length, budget: this.#budget }), done);
    }
  }

  #start(reader: BodyReader, done: (outcome: BodyOutcome) => void): void {
    this.#reading.add(reader);
    this.#cancelCheck ??= this.#clock.schedule(PROGRESS_INTERVAL_US, () => this.#check());
    reader.start((outcome) => {
      this.#reading.delete(reader);
      if (this.#reading.size === 0) this.#cancel();
      if (typeof outcome === 'string') this.#budget.release(reader.receivedBytes);
      done(outcome);
    });
  }

  #check(): void {
    this.#cancelCheck = this.#clock.schedule(PROGRESS_INTERVAL_US, () => this.#check());
    for (const reader of this.#reading) reader.checkProgress();
  }

  #cancel(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }
}

interface BodyReaderOptions {
  readonly length: number | undefined;
  readonly budget: BodyBudget;
}

/** Collects one body. */
class BodyReader {
  readonly #request: IncomingMessage;
  readonly #length: number | undefined;
  readonly #budget: BodyBudget;
  /** Pieces of a body of unknown length. */
  #chunks: Uint8Array[] = [];
  /** Where a body of known length goes, unless it comes in one piece. */
  #target: Buffer | undefined;
  #receivedBytes = 0;
  /** `#receivedBytes` at the last check; undefined before the first one. */
  #checkedBytes: number | undefined;
  #done: ((outcome: BodyOutcome) => void) | undefined;

  constructor(request: IncomingMessage, { length, budget }: BodyReaderOptions) {
    this.#request = request;
    this.#length = length;
    this.#budget = budget;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  start(done: (outcome: BodyOutcome) => void): void {
    this.#done = done;
    this.#request.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    this.#request.on('end', () => this.#finish(this.#body()));
    this.#request.on('error', () => this.#finish('aborted'));
    this.#request.on('close', () => this.#finish('aborted'));
  }

  /**
   * Gives up on a sender that trickles. A body has one whole interval before the first judgement.
   */
  checkProgress(): void {
    const checkedBytes = this.#checkedBytes;
    this.#checkedBytes = this.#receivedBytes;
    if (checkedBytes === undefined) return;
    if (this.#receivedBytes - checkedBytes < PROGRESS_BYTES) this.#finish('too-slow');
  }

  #receive(chunk: Uint8Array): void {
    if (this.#done === undefined) return;
    if (!this.#budget.take(chunk.length)) {
      this.#finish('no-budget');
      return;
    }
    const start = this.#receivedBytes;
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > MAX_BODY_BYTES) this.#finish('too-large');
    else if (this.#length === undefined || this.#length === chunk.length) this.#chunks.push(chunk);
    else this.#place(chunk, start, this.#length);
  }

  /** Copies a chunk to its place: the one copy that makes a body contiguous. */
  #place(chunk: Uint8Array, start: number, length: number): void {
    this.#target ??= Buffer.allocUnsafeSlow(Math.min(length, MAX_PLEDGED_BYTES));
    if (this.#target.length < start + chunk.length) {
      const size = Math.min(length, Math.max(this.#target.length * 2, start + chunk.length));
      const grown = Buffer.allocUnsafeSlow(size);
      this.#target.copy(grown, 0, 0, start);
      this.#target = grown;
    }
    this.#target.set(chunk, start);
  }

  #body(): Uint8Array {
    if (this.#target !== undefined) return this.#target.subarray(0, this.#receivedBytes);
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    return this.#chunks.length === 0 ? EMPTY_BODY : Buffer.concat(this.#chunks);
  }

  #finish(outcome: BodyOutcome): void {
    const done = this.#done;
    if (done === undefined) return;
    this.#done = undefined;
    this.#chunks = [];
    this.#target = undefined;
    done(outcome);
  }
}
