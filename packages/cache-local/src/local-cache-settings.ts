import { InferError } from '@nereid/core';

/**
 * Reads `size`, in bytes. Throws an INVALID_ARG InferError, with Triton's text where it has one.
 */
export function cacheSizeBytes(settings: ReadonlyMap<string, string>): number {
  const stranger = [...settings.keys()].find((name) => name !== 'size');
  if (stranger !== undefined) throw invalid(`unknown setting '${stranger}'; there is only 'size'`);
  const size = settings.get('size');
  if (size === undefined) throw invalid("config didn't contain a valid 'size' field.");
  const sizeBytes = Number(size);
  if (/^\d+$/.test(size) && sizeBytes > 0 && Number.isSafeInteger(sizeBytes)) return sizeBytes;
  throw invalid(`'size' must be a number of bytes above 0, got '${size}'`);
}

function invalid(reason: string): InferError {
  return new InferError('INVALID_ARG', `Failed to initialize LocalCache: ${reason}`);
}
