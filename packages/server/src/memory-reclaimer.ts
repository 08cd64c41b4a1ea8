import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '@nereid/core';
import { trimAllocator } from '@nereid/mapped-memory';

const INTERVAL_US = 1_000_000;
/** Tensor data worth a collection, which stops the main thread for some milliseconds. */
const EXCESS_BYTES = 64 * 1024 * 1024;
/** Less change than this from one look to the next means that no large request is under way. */
const QUIET_BYTES = 1024 * 1024;
/** Looks until what a collection left is tried again: it may have been in use then. */
const FIRST_RETRY_LOOKS = 2;
const MAX_RETRY_LOOKS = 64;

export interface MemoryReclaimerOptions {
  readonly clock: Clock;
  /** Bytes that tensor data occupies at present, whether anything refers to it or not. */
  readonly heldBytes: () => number;
  /** Collects garbage. */
  readonly collect: () => void;
}

/**
 * Gives the memory of large requests back once they have gone. V8 collects garbage when something
 * is allocated; a server that has fallen idle after a burst would hold its tensor data for hours.
 */
export class MemoryReclaimer {
  readonly #options: MemoryReclaimerOptions;
  #previousBytes: number;
  /** The least there has been. */
  #leastBytes: number;
  /** What the last collection left. */
  #settledBytes: number;
  #looksSinceCollection = 0;
  #retryLooks = FIRST_RETRY_LOOKS;
  #cancel = () => {};

  constructor(options: MemoryReclaimerOptions) {
    this.#options = options;
    this.#previousBytes = options.heldBytes();
    this.#leastBytes = this.#previousBytes;
    this.#settledBytes = this.#previousBytes;
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
    const { heldBytes, collect } = this.#options;
    const bytes = heldBytes();
    const quiet = Math.abs(bytes - this.#previousBytes) < QUIET_BYTES;
    this.#previousBytes = bytes;
    this.#leastBytes = Math.min(this.#leastBytes, bytes);
    this.#settledBytes = Math.min(this.#settledBytes, bytes);
    this.#looksSinceCollection += 1;
    if (!quiet || bytes - this.#leastBytes < EXCESS_BYTES) return;
    const grown = bytes - this.#settledBytes >= EXCESS_BYTES;
    if (!grown && this.#looksSinceCollection < this.#retryLooks) return;
    collect();
    // What stays however often it is tried is in use, and is tried ever more rarely.
    this.#retryLooks = grown ? FIRST_RETRY_LOOKS : Math.min(2 * this.#retryLooks, MAX_RETRY_LOOKS);
    this.#looksSinceCollection = 0;
    this.#previousBytes = heldBytes();
    this.#settledBytes = this.#previousBytes;
  }
}

export interface ProcessMemory extends Pick<MemoryReclaimerOptions, 'heldBytes' | 'collect'> {
  /** Gives back what native code has freed; takes about a millisecond. */
  readonly trim: () => void;
}

/** For a process of its own. An embedding process decides itself when it collects garbage. */
export function processMemory(): ProcessMemory {
  const collect = garbageCollector();
  return {
    // With the memory that is mapped, which `arrayBuffers` leaves out.
    heldBytes: () => process.memoryUsage().external,
    collect: () => {
      if (typeof collect === 'function') collect();
      // Freed memory does not go back by itself while some behind it is in use.
      trimAllocator();
    },
    trim: () => {
      trimAllocator();
    },
  };
}

/** Threads may ask for it at the same time, and the flag is that of all: one may take it back. */
const MAX_ATTEMPTS = 100;

function garbageCollector(): unknown {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    // The function exists only in contexts made after the flag was set.
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('globalThis.gc');
    setFlagsFromString('--no-expose-gc');
    if (collect !== undefined) return collect;
  }
  return undefined;
}
