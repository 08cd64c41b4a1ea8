import type { HttpResponse } from './http-exchange.js';
import { errorResponse } from './json-response.js';
import { bytesOf } from './node-writes.js';

/** SageMaker makes room and tries again when it gets this status. */
const INSUFFICIENT_STORAGE = 507;

/** Words by which Triton knows that memory was lacking (spec §1.11), and those of this runtime. */
const NO_MEMORY = new RegExp(
  [
    'out[ _-]of[ _-]memory|OutOfMemory|MemoryError|\\bOOM\\b',
    'failed to allocate|allocation failed|bad_alloc|No space left on device|ENOSPC',
    '(?:Dst|Src) tensor is not initialized',
    'CUDNN_STATUS_NOT_INITIALIZED|CUBLAS_STATUS_(?:ALLOC_FAILED|NOT_INITIALIZED)',
  ].join('|'),
  'i',
);

/** The answer to a load that failed. */
export function failedLoad(message: string): HttpResponse {
  return errorResponse(NO_MEMORY.test(message) ? INSUFFICIENT_STORAGE : 400, message);
}

/** The status of an invocation's answer, which depends on its text where it has failed. */
export function invocationStatus({ status, chunks }: HttpResponse): number {
  if (status < 400) return status;
  const text = Buffer.concat(bytesOf(chunks)).toString('latin1');
  return NO_MEMORY.test(text) ? INSUFFICIENT_STORAGE : status;
}
