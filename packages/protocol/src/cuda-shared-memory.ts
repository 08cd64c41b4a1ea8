import { InferError, type SharedMemoryRegions } from '@nereid/core';

/**
 * Checks a question after the CUDA regions, of which there are none: all of them may be asked for,
 * with the empty name, but no single one. Throws NOT_FOUND.
 */
export function checkCudaStatusRequest(name: string, systemRegions: SharedMemoryRegions): void {
  if (name === '') return;
  if (systemRegions.status(undefined).some((region) => region.name === name)) {
    throw new InferError(
      'NOT_FOUND',
      `The region named '${name}' is registered as system shared memory, not CUDA shared memory`,
    );
  }
  throw new InferError('NOT_FOUND', `Unable to find cuda shared memory region: '${name}'`);
}

/** The answer to every registration of CUDA memory: that of a Triton built without GPU support. */
export function cudaNotSupported(name: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `failed to register CUDA shared memory region: '${name}', GPUs not supported`,
  );
}
