import type {
  SharedMemoryClaim,
  SharedMemoryPlacement,
  SharedMemoryRegion,
  SharedMemoryRegions,
} from '@nereid/core';
import type { RemoteCalls } from './remote-calls.js';

/** The regions that the main thread knows. */
export class RemoteMemory implements SharedMemoryRegions {
  readonly #calls: RemoteCalls;

  constructor(calls: RemoteCalls) {
    this.#calls = calls;
  }

  register(region: SharedMemoryRegion): void {
    this.#calls.now('registerMemory', region);
  }

  status(name: string | undefined): readonly SharedMemoryRegion[] {
    return this.#calls.now('memoryStatus', name);
  }

  unregister(name: string | undefined): void {
    this.#calls.now('unregisterMemory', name);
  }

  claim(placement: SharedMemoryPlacement): SharedMemoryClaim {
    const { number, sizeBytes } = this.#calls.now('claimMemory', placement);
    const calls = this.#calls;
    return {
      sizeBytes,
      readNow: () => calls.now('readClaim', number),
      read: () => calls.later('readClaimLater', number),
      writeNow: (data) => calls.now('writeClaim', number, ownCopy(data)),
      write: (data) => calls.later('writeClaimLater', number, ownCopy(data)),
      release: () => calls.notice('releaseClaim', number),
    };
  }
}

/** A view would be cloned with all of the memory that it is a part of. */
function ownCopy(data: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(data);
}
