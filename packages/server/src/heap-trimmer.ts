import { getHeapStatistics } from 'node:v8';
import type { Clock } from '@nereid/core';

const INTERVAL_US = 1_000_000;
/** Less change than this from one look to the next means that nobody keeps the server busy. */
const QUIET_BYTES = 512 * 1024;
/** Looks in a row that find it quiet; V8 judges by the last five seconds. */
const QUIET_LOOKS = 6;
/** Memory worth a collection, which stops the thread for some milliseconds. */
const EXCESS_BYTES = 8 * 1024 * 1024;
/** Objects made or collected since native code was made to give memory back, to do it again. */
const WORK_BYTES = 256 * 1024;
/** The first collection may still be under the impression of the work before. */
const ATTEMPTS = 2;

/** Bytes of V8's heap in this thread. */
export interface HeapSize {
  /** What objects take, garbage with the rest. */
  readonly usedBytes: number;
  /** What the heap has of the system. */
  readonly committedBytes: number;
}

export interface HeapTrimmerOptions {
  readonly clock: Clock;
  readonly heapSize: () => HeapSize;
  /** Collects garbage. */
  readonly collect: () => void;
  /** Gives back what native code has freed; takes about a millisecond. */
  readonly trim: () => void;
}

/**
 * Gives memory back when a server has fallen idle: what native code has freed, such as the sessions
 * of models that were unloaded, and what V8's heap grew by. V8 lets the young generation grow to
 * 32 MiB while much is allocated, and makes it smaller only when it collects the whole heap, which
 * it has no reason to do once nothing is allocated. A collection at that time also starts V8's own
 * reduction of memory, which ends some ten seconds later.
 */
export class HeapTrimmer {
  readonly #options: HeapTrimmerOptions;
  #previousBytes: number;
  /** The least there has been since it was tried last. */
  #settledBytes: number;
  #quietLooks = 0;
  #workBytes = 0;
  #attempts = 0;
  #cancel = () => {};

  constructor(options: HeapTrimmerOptions) {
    this.#options = options;
    const { usedBytes, committedBytes } = options.heapSize();
    this.#previousBytes = usedBytes;
    this.#settledBytes = committedBytes;
  }

  start(): void {
    this.#cancel = this.#options.clock.schedule(INTERVAL_US, () => {
      this.#look();
      this.start();
    });
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const { usedBytes, committedBytes } = this.#options.heapSize();
    const changeBytes = Math.abs(usedBytes - this.#previousBytes);
    this.#workBytes += changeBytes;
    this.#previousBytes = usedBytes;
    this.#settledBytes = Math.min(this.#settledBytes, committedBytes);
    this.#quietLooks = changeBytes < QUIET_BYTES ? this.#quietLooks + 1 : 0;
    if (this.#quietLooks < QUIET_LOOKS) return;
    this.#quietLooks = 0;
    this.#collect(committedBytes);
    if (this.#workBytes < WORK_BYTES) return;
    this.#workBytes = 0;
    this.#options.trim();
  }

  #collect(committedBytes: number): void {
    const { heapSize, collect } = this.#options;
    if (committedBytes - this.#settledBytes < EXCESS_BYTES) {
      this.#attempts = 0;
      return;
    }
    collect();
    const after = heapSize();
    this.#previousBytes = after.usedBytes;
    this.#attempts += 1;
    if (this.#attempts < ATTEMPTS) return;
    // What stays however often it is tried is in use.
    this.#attempts = 0;
    this.#settledBytes = after.committedBytes;
  }
}

/** Of the calling thread. */
export function threadHeapSize(): HeapSize {
  const { used_heap_size, total_heap_size } = getHeapStatistics();
  return { usedBytes: used_heap_size, committedBytes: total_heap_size };
}
