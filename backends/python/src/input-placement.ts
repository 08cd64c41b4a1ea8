import type { Tensor } from '@nereid/core';
import { BlockAllocator } from './block-allocator.js';
import type { SharedFile } from './shared-file.js';
import { SHARED_HEADER_BYTES } from './wire-format.js';

/** Smaller tensors travel in the frame, which costs less than two system calls for each. */
export const MIN_SHARED_TENSOR_BYTES = 16 * 1024;
/** What is moved at once, at the price of holding up the event loop; more goes to the pool. */
export const MAX_SYNCHRONOUS_BYTES = 1024 * 1024;

/** Where the inputs of a request lie in the shared file; undefined for one that does not. */
export type Placement = readonly (number | undefined)[];

interface Write {
  readonly position: number;
  readonly data: Uint8Array;
}

/** The part of the shared file that the server writes: the inputs of requests, and answers. */
export class InputPlacement {
  readonly #file: SharedFile;
  readonly #allocator: BlockAllocator;
  /** Memory is being given back: nothing may be written meanwhile. */
  #paused = false;

  constructor(file: SharedFile, maxBytes: number) {
    this.#file = file;
    this.#allocator = new BlockAllocator(SHARED_HEADER_BYTES, maxBytes);
  }

  get usedExtentBytes(): number {
    return this.#allocator.usedExtentBytes;
  }

  get empty(): boolean {
    return this.#allocator.empty;
  }

  /**
   * Finds places for large tensors. What finds none travels in the frame, which is slower but has
   * no limit. `writes` collects what is to be written there.
   */
  place(tensors: readonly Tensor[], writes: Write[]): Placement | undefined {
    if (this.#paused) return undefined;
    let placement: (number | undefined)[] | undefined;
    for (let index = 0; index < tensors.length; index++) {
      const data = tensors[index]?.data;
      if (!data || data.length < MIN_SHARED_TENSOR_BYTES) continue;
      const position = this.#allocator.allocate(data.length);
      if (position === undefined) continue;
      placement ??= tensors.map(() => undefined);
      placement[index] = position;
      writes.push({ position, data });
    }
    return placement;
  }

  /**
   * Writes at once, or, for what is large, in the thread pool of the process. False, or a promise
   * of it, when the file system is full.
   */
  write(writes: readonly Write[]): boolean | Promise<boolean> {
    let total = 0;
    for (const { data } of writes) total += data.length;
    if (total > MAX_SYNCHRONOUS_BYTES) return this.#writeLater(writes);
    try {
      for (const { data, position } of writes) this.#file.writeNow(data, position);
      return true;
    } catch {
      return false;
    }
  }

  free(placement: Placement): void {
    for (const position of placement) if (position !== undefined) this.#allocator.free(position);
  }

  freeBlock(position: number): void {
    this.#allocator.free(position);
  }

  /** Nothing is placed while `giveBack` runs. */
  async pausedFor(giveBack: () => Promise<unknown>): Promise<void> {
    this.#paused = true;
    try {
      await giveBack();
      this.#allocator.forgetUse();
    } finally {
      this.#paused = false;
    }
  }

  async #writeLater(writes: readonly Write[]): Promise<boolean> {
    try {
      await Promise.all(writes.map(({ data, position }) => this.#file.write(data, position)));
      return true;
    } catch {
      return false;
    }
  }
}
