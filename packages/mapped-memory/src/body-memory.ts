import type { Clock } from '@nereid/core';
import { processArena, type SharedArena } from './shared-arena.js';

/** Below, Node's own allocation is as cheap. */
const MIN_SIZE_BYTES = 64 * 1024;
const MAX_SIZE_BYTES = 64 * 1024 * 1024;
/** What may lie unused at a time. */
const MAX_FREE_BYTES = 128 * 1024 * 1024;
const TRIM_INTERVAL_US = 1_000_000;
/** Sizes between two powers of two: at most a quarter of a piece is of no use. */
const STEPS = 4;
/** A body ends at a multiple of it, so that a tensor at its end, as usual, is aligned. */
const ALIGNMENT_BYTES = 64;

/** Unused memory of one size. */
interface Shelf {
  readonly free: ArrayBuffer[];
  /** The fewest pieces that have lain here since the last trimming: nobody has needed them. */
  spare: number;
}

/**
 * Memory for the bodies of large requests, used again and again: that of each new buffer would have
 * to be mapped by the system, and to be found unused by the garbage collector, which costs more
 * than all else that happens to such a body. What nobody has needed for a second is let go.
 */
export class BodyMemory {
  readonly #clock: Clock;
  readonly #arena: () => SharedArena | undefined;
  readonly #shelves = new Map<number, Shelf>();
  /** What is in use. Memory that is not given back is simply collected. */
  readonly #lent = new WeakSet<ArrayBufferLike>();
  #freeBytes = 0;
  #stopTrimming: (() => void) | undefined;

  /** Where there is an `arena`, memory comes from it, and waits for those who look at it there. */
  constructor(clock: Clock, arena = processArena) {
    this.#clock = clock;
    this.#arena = arena;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of that size with any contents. */
  take(sizeBytes: number): Buffer {
    if (sizeBytes < MIN_SIZE_BYTES || sizeBytes > MAX_SIZE_BYTES) {
      return Buffer.allocUnsafe(sizeBytes);
    }
    const start = -sizeBytes & (ALIGNMENT_BYTES - 1);
    const pieceBytes = pieceSize(start + sizeBytes);
    const shelf = this.#shelves.get(pieceBytes);
    const free = shelf?.free.pop();
    if (shelf && free) {
      this.#freeBytes -= pieceBytes;
      shelf.spare = Math.min(shelf.spare, shelf.free.length);
    }
    const memory = free ?? this.#allocate(pieceBytes);
    this.#lent.add(memory);
    return Buffer.from(memory, start, sizeBytes);
  }

  /**
   * Takes back what `take` gave, or any view of it, when nothing refers to its bytes any more; all
   * else is left alone.
   */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    if (!this.#arena()?.waitsForHolds(buffer, () => this.#shelve(buffer))) this.#shelve(buffer);
  }

  /** Lets all unused memory go. */
  close(): void {
    this.#stopTrimming?.();
    this.#stopTrimming = undefined;
    for (const { free } of this.#shelves.values()) this.#drop(free);
    this.#shelves.clear();
    this.#freeBytes = 0;
  }

  #allocate(pieceBytes: number): ArrayBuffer {
    return this.#arena()?.allocate(pieceBytes) ?? Buffer.allocUnsafeSlow(pieceBytes).buffer;
  }

  #shelve(buffer: ArrayBuffer): void {
    const pieceBytes = buffer.byteLength;
    // A model may have moved it to another thread.
    if (pieceBytes === 0) return;
    if (this.#freeBytes + pieceBytes > MAX_FREE_BYTES) {
      this.#drop([buffer]);
      return;
    }
    let shelf = this.#shelves.get(pieceBytes);
    if (!shelf) {
      shelf = { free: [], spare: 0 };
      this.#shelves.set(pieceBytes, shelf);
    }
    shelf.free.push(buffer);
    this.#freeBytes += pieceBytes;
    if (!this.#stopTrimming) this.#trimLater();
  }

  #drop(buffers: readonly ArrayBuffer[]): void {
    const arena = this.#arena();
    if (arena) for (const buffer of buffers) arena.free(buffer);
  }

  #trimLater(): void {
    this.#stopTrimming = this.#clock.schedule(TRIM_INTERVAL_US, () => {
      this.#stopTrimming = undefined;
      this.#trim();
      if (this.#freeBytes > 0) this.#trimLater();
    });
  }

  #trim(): void {
    for (const [pieceBytes, shelf] of this.#shelves) {
      // Those at the front have lain for the longest time.
      this.#drop(shelf.free.splice(0, shelf.spare));
      this.#freeBytes -= shelf.spare * pieceBytes;
      shelf.spare = shelf.free.length;
      if (shelf.free.length === 0) this.#shelves.delete(pieceBytes);
    }
  }
}

function pieceSize(sizeBytes: number): number {
  const powerBytes = 2 ** Math.floor(Math.log2(sizeBytes));
  const stepBytes = powerBytes / STEPS;
  return Math.ceil(sizeBytes / stepBytes) * stepBytes;
}
