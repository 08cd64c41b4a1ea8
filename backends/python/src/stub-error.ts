import { ERROR_CODES, InferError } from '@nereid/core';

/** An error as a stub tells it outside the path of requests. */
export function commandError(value: unknown): InferError {
  const { code, message } = (value ?? {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  const known = ERROR_CODES.find((candidate) => candidate === code) ?? 'INTERNAL';
  return new InferError(known, typeof message === 'string' ? message : String(value));
}
