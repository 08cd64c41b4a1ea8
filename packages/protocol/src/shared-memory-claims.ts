import type { SharedMemoryRegions } from '@nereid/core';
import { SharedMemoryUse } from './shared-memory-use.js';

/** What a request that is being decoded claims of shared memory; most requests claim nothing. */
export class SharedMemoryClaims {
  readonly #regions: SharedMemoryRegions;
  #use: SharedMemoryUse | undefined;

  constructor(regions: SharedMemoryRegions) {
    this.#regions = regions;
  }

  /** Undefined if nothing was claimed. */
  get used(): SharedMemoryUse | undefined {
    return this.#use;
  }

  /** To claim with. */
  get use(): SharedMemoryUse {
    this.#use ??= new SharedMemoryUse(this.#regions);
    return this.#use;
  }
}
