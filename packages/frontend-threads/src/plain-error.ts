import { type ErrorCode, InferError, toInferError } from '@nereid/core';

/** An error as it travels between threads: cloning one would lose its code. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly refused?: boolean;
}

export function plainError(error: unknown): PlainError {
  const { code, message } = toInferError(error);
  return { code, message };
}

/** The error as it was thrown, or one that tells that the server has not accepted its request. */
export function inferErrorOf({ code, message, refused }: PlainError): InferError {
  const error = new InferError(code, message);
  return refused ? Object.assign(error, { refused }) : error;
}

/** What a call between threads has come to. */
export type Settled = { readonly value: unknown } | { readonly error: PlainError };

/** The value, or the error thrown. */
export function settledValue(settled: Settled): unknown {
  if ('error' in settled) throw inferErrorOf(settled.error);
  return settled.value;
}
