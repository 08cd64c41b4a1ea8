import {
  InferError,
  type SharedMemoryClaim,
  type SharedMemoryPlacement,
  type SharedMemoryRegion,
  type SharedMemoryRegions,
} from '@nereid/core';

/** Shared-memory regions in arrays: those of `objects`, which exist as large as they are there. */
export class FakeSharedMemory implements SharedMemoryRegions {
  /** By key. One that is replaced by a shorter array is a truncated one. */
  readonly objects = new Map<string, Uint8Array>();
  readonly regions = new Map<string, SharedMemoryRegion>();
  /** Claims that have not been released. */
  claimCount = 0;

  register(region: SharedMemoryRegion): void {
    if (!this.objects.has(region.key)) {
      throw new InferError('INTERNAL', `Unable to open shared memory region: '${region.key}'`);
    }
    this.regions.set(region.name, region);
  }

  status(name: string | undefined): readonly SharedMemoryRegion[] {
    return name === undefined ? [...this.regions.values()] : [this.#find(name, 'system shared')];
  }

  unregister(name: string | undefined): void {
    if (name === undefined) this.regions.clear();
    else this.regions.delete(name);
  }

  claim({ region: name, offset, sizeBytes }: SharedMemoryPlacement): SharedMemoryClaim {
    const region = this.#find(name, 'shared');
    if (offset + sizeBytes > region.sizeBytes) throw outOfBounds(name);
    this.claimCount += 1;
    const place = () => {
      const begin = region.offset + offset;
      const data = this.objects.get(region.key)?.subarray(begin, begin + sizeBytes);
      if (data?.length !== sizeBytes) throw outOfBounds(name);
      return data;
    };
    return {
      sizeBytes,
      readNow: () => place().slice(),
      read: async () => place().slice(),
      writeNow: (data) => place().set(data),
      write: async (data) => place().set(data),
      release: this.#releaseOnce(),
    };
  }

  #releaseOnce(): () => void {
    let released = false;
    return () => {
      if (!released) this.claimCount -= 1;
      released = true;
    };
  }

  #find(name: string, kind: string): SharedMemoryRegion {
    const region = this.regions.get(name);
    if (region !== undefined) return region;
    throw new InferError('NOT_FOUND', `Unable to find ${kind} memory region: '${name}'`);
  }
}

function outOfBounds(name: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `Invalid offset + byte size for shared memory region: '${name}'`,
  );
}
