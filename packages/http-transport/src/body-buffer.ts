import type { ByteBudget } from './byte-budget.js';

/** Where the memory of bodies comes from. */
export interface BodyAllocator {
  /** A buffer of exactly that size, with any contents. */
  take(sizeBytes: number): Buffer;
  /** Nothing refers any more to the bytes of a buffer that it gave. */
  giveBack(bytes: Uint8Array): void;
}

interface BodyBufferOptions {
  /** Undefined for a body whose length is not known before its end. */
  readonly sizeBytes: number | undefined;
  readonly maxPledgedBytes: number;
  readonly budget: ByteBudget;
  readonly allocator: BodyAllocator;
}

const FIRST_SIZE_BYTES = 4_096;

/** Memory that the kernel may write to instead of a shared buffer has at least this size. */
const MIN_DIRECT_BYTES = 64 * 1024;

/** A body as it comes in: one piece of memory that grows with it. Its bytes count in a budget. */
export class BodyBuffer {
  readonly #sizeBytes: number | undefined;
  readonly #budget: ByteBudget;
  readonly #allocator: BodyAllocator;
  #memory: Buffer;
  #receivedBytes = 0;

  constructor({ sizeBytes, maxPledgedBytes, budget, allocator }: BodyBufferOptions) {
    this.#sizeBytes = sizeBytes;
    this.#budget = budget;
    this.#allocator = allocator;
    const pledged = Math.min(sizeBytes ?? FIRST_SIZE_BYTES, maxPledgedBytes);
    // Not filled with zeros: only what has arrived is ever shown.
    this.#memory = allocator.take(pledged);
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** All that has come; a view that stays valid. */
  get bytes(): Uint8Array {
    if (this.#memory.length === this.#receivedBytes) return this.#memory;
    return this.#memory.subarray(0, this.#receivedBytes);
  }

  /**
   * Copies bytes behind those that are there: they lie in a buffer that the next read overwrites.
   * False when the budget has no room for them.
   */
  append(source: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (!this.#budget.take(length)) return false;
    this.#makeRoom(length);
    this.#memory.set(source.subarray(start, end), this.#receivedBytes);
    this.#receivedBytes += length;
    return true;
  }

  /**
   * Where the kernel may put the bytes that come next, if enough of them are outstanding; what it
   * has put there is then told to `arrived`.
   */
  directTarget(): Buffer | undefined {
    if (this.#sizeBytes === undefined) return undefined;
    const outstanding = this.#sizeBytes - this.#receivedBytes;
    if (outstanding < MIN_DIRECT_BYTES) return undefined;
    if (this.#memory.length === this.#receivedBytes) this.#makeRoom(MIN_DIRECT_BYTES);
    return this.#memory.subarray(this.#receivedBytes);
  }

  /** So many bytes lie in the direct target. False when the budget has no room for them. */
  arrived(length: number): boolean {
    if (!this.#budget.take(length)) return false;
    this.#receivedBytes += length;
    return true;
  }

  /** Gives the bytes back to the budget: once, when nobody needs them any more. */
  release(): void {
    this.#budget.release(this.#receivedBytes);
  }

  #makeRoom(length: number): void {
    const needed = this.#receivedBytes + length;
    if (needed <= this.#memory.length) return;
    const limit = this.#sizeBytes ?? Number.POSITIVE_INFINITY;
    const size = Math.min(limit, Math.max(needed, this.#memory.length * 2));
    // A larger body than was pledged is copied as it grows, a constant number of times per byte.
    const grown = this.#allocator.take(size);
    this.#memory.copy(grown, 0, 0, this.#receivedBytes);
    this.#allocator.giveBack(this.#memory);
    this.#memory = grown;
  }
}
