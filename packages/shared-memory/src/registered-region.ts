import { InferError, type SharedMemoryPlacement, type SharedMemoryRegion } from '@nereid/core';
import type { MemoryObject } from './memory-object.js';

/** A region, the object that it is part of, and how many claims keep both in use. */
export class RegisteredRegion {
  readonly region: SharedMemoryRegion;
  readonly object: MemoryObject;
  /** To be forgotten when the last claim is released. */
  unregistered = false;
  #claimCount = 0;

  constructor(region: SharedMemoryRegion, object: MemoryObject) {
    this.region = region;
    this.object = object;
  }

  get inUse(): boolean {
    return this.#claimCount > 0;
  }

  beginClaim(): void {
    this.#claimCount += 1;
  }

  endClaim(): void {
    this.#claimCount -= 1;
  }

  /**
   * Throws INVALID_ARG for a placement that is not within the region. As in Triton, an empty one at
   * the very start is not, since its last byte would lie before the region.
   */
  check({ offset, sizeBytes }: SharedMemoryPlacement): void {
    const lastByte = this.region.sizeBytes - 1;
    if (offset < 0 || offset > lastByte) {
      throw new InferError(
        'INVALID_ARG',
        `Invalid offset for shared memory region: '${this.region.name}'`,
      );
    }
    const end = offset + sizeBytes - 1;
    if (sizeBytes < 0 || end < 0 || end > lastByte) throw this.outOfBounds();
  }

  /** The error for data that is not, or no longer, within the region. */
  outOfBounds(): InferError {
    return new InferError(
      'INVALID_ARG',
      `Invalid offset + byte size for shared memory region: '${this.region.name}'`,
    );
  }
}
