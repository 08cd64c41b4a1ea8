import { type Clock, InferError, type ModelResponse, type ResponseCache } from '@nereid/core';
import { copyResponse, storedSizeBytes } from './stored-response.js';

interface LocalCacheOptions {
  /** What all entries together may take. */
  readonly sizeBytes: number;
  readonly clock: Clock;
}

interface Entry {
  readonly response: ModelResponse;
  readonly sizeBytes: number;
}

/** What the cache has done so far. */
export interface LocalCacheCounts {
  readonly entryCount: number;
  readonly usedBytes: number;
  readonly hitCount: number;
  readonly missCount: number;
  readonly evictionCount: number;
  readonly lookupNs: number;
  readonly insertionNs: number;
}

/**
 * Keeps answers in memory, up to a number of bytes. The one that was not used for longest makes
 * room first. Lookup and insertion cost the same however many entries there are.
 */
export class LocalCache implements ResponseCache {
  readonly sizeBytes: number;
  readonly #clock: Clock;
  /** A Map keeps the order of insertion: the entry that was not used for longest is the first. */
  readonly #entries = new Map<string, Entry>();
  #usedBytes = 0;
  #hitCount = 0;
  #missCount = 0;
  #evictionCount = 0;
  #lookupNs = 0;
  #insertionNs = 0;

  constructor({ sizeBytes, clock }: LocalCacheOptions) {
    this.sizeBytes = sizeBytes;
    this.#clock = clock;
  }

  get counts(): LocalCacheCounts {
    return {
      entryCount: this.#entries.size,
      usedBytes: this.#usedBytes,
      hitCount: this.#hitCount,
      missCount: this.#missCount,
      evictionCount: this.#evictionCount,
      lookupNs: this.#lookupNs,
      insertionNs: this.#insertionNs,
    };
  }

  lookup(key: string): ModelResponse | undefined {
    const startNs = this.#clock.nowNs();
    const entry = this.#entries.get(key);
    if (entry) {
      this.#hitCount += 1;
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    } else {
      this.#missCount += 1;
    }
    this.#lookupNs += this.#clock.nowNs() - startNs;
    return entry?.response;
  }

  /** Throws an INVALID_ARG InferError for an answer that is larger than the whole cache. */
  insert(key: string, response: ModelResponse): void {
    const startNs = this.#clock.nowNs();
    const sizeBytes = storedSizeBytes(key, response);
    this.#remove(key);
    if (sizeBytes > this.sizeBytes) {
      throw new InferError(
        'INVALID_ARG',
        `an answer of ${sizeBytes} bytes is greater than total cache size: ${this.sizeBytes}`,
      );
    }
    this.#makeRoom(sizeBytes);
    this.#entries.set(key, { response: copyResponse(response), sizeBytes });
    this.#usedBytes += sizeBytes;
    this.#insertionNs += this.#clock.nowNs() - startNs;
  }

  async close(): Promise<void> {
    this.#entries.clear();
    this.#usedBytes = 0;
  }

  #makeRoom(sizeBytes: number): void {
    for (const key of this.#entries.keys()) {
      if (this.#usedBytes + sizeBytes <= this.sizeBytes) return;
      this.#remove(key);
      this.#evictionCount += 1;
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#usedBytes -= entry.sizeBytes;
  }
}
