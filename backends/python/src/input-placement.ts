import type { Tensor } from '@nereid/core';
import { BlockAllocator, type Piece, type SharedArena } from '@nereid/mapped-memory';
import type { SharedFile } from './shared-file.js';
import { ARENA_BASE, SHARED_HEADER_BYTES } from './wire-format.js';

/** Smaller tensors travel in the frame, which costs less than two system calls for each. */
export const MIN_SHARED_TENSOR_BYTES = 16 * 1024;
/** Inputs elsewhere are copied: the elements of no datatype are larger. */
const ELEMENT_ALIGNMENT_BYTES = 8;
/** What is moved at once, at the price of holding up the event loop; more goes to the pool. */
export const MAX_SYNCHRONOUS_BYTES = 1024 * 1024;

/** Where the inputs of a request lie in the shared file; undefined for one that does not. */
export type Placement = readonly (number | undefined)[];

interface Write {
  readonly position: number;
  readonly data: Uint8Array;
}

/**
 * Where a stub finds the inputs of requests, and answers: in the part of the shared file that the
 * server writes, or in the arena, if they lie there and the model may have them to itself.
 */
export class InputPlacement {
  readonly #file: SharedFile;
  readonly #arena: SharedArena | undefined;
  /** By position in the arena: what the stub looks at there. */
  readonly #held = new Map<number, Piece>();
  readonly #allocator: BlockAllocator;
  /** Memory is being given back: nothing may be written meanwhile. */
  #paused = false;

  constructor(file: SharedFile, maxBytes: number, arena: SharedArena | undefined) {
    this.#file = file;
    this.#arena = arena;
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
   * no limit. `writes` collects what is to be written there. With `inPlace`, nobody else looks at
   * the tensors, so that the model may have them where they lie.
   */
  place(tensors: readonly Tensor[], writes: Write[], inPlace: boolean): Placement | undefined {
    if (this.#paused) return undefined;
    let placement: (number | undefined)[] | undefined;
    for (let index = 0; index < tensors.length; index++) {
      const data = tensors[index]?.data;
      if (!data || data.length < MIN_SHARED_TENSOR_BYTES) continue;
      const position = inPlace ? this.#hold(data) : undefined;
      const target = position ?? this.#allocator.allocate(data.length);
      if (target === undefined) continue;
      placement ??= tensors.map(() => undefined);
      placement[index] = target;
      if (position === undefined) writes.push({ position: target, data });
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
    for (const position of placement) if (position !== undefined) this.freeBlock(position);
  }

  freeBlock(position: number): void {
    const piece = this.#held.get(position);
    if (!piece) {
      this.#allocator.free(position);
      return;
    }
    this.#held.delete(position);
    this.#arena?.letGo(piece);
  }

  /** The process is gone, and looks at nothing any more. */
  close(): void {
    for (const position of [...this.#held.keys()]) this.freeBlock(position);
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

  /** The position of data that lies in the arena, which stays as it is until it is freed. */
  #hold(data: Uint8Array): number | undefined {
    const piece = this.#arena?.pieceOf(data.buffer);
    if (!piece || data.byteOffset % ELEMENT_ALIGNMENT_BYTES !== 0) return undefined;
    const position = ARENA_BASE + piece.position + data.byteOffset;
    // The same data as another input, whose views are told of by its position.
    if (this.#held.has(position)) return undefined;
    this.#held.set(position, piece);
    this.#arena?.hold(piece);
    return position;
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
