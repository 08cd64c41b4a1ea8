import { InferError } from '@nereid/core';

/** The answer for a region that nobody has registered. This server registers none so far. */
export function unknownSharedMemoryRegion(name: string): InferError {
  return new InferError('NOT_FOUND', `Unable to find shared memory region: '${name}'`);
}
