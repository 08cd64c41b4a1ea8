import { InferError } from '@nereid/core';

/** A configuration that contradicts itself or the server; the message is Triton's (spec §3.5). */
export function configError(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
