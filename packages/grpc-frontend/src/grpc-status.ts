import { type ErrorCode, toInferError } from '@nereid/core';

/** How a call ends: a gRPC status code and, for the client, why. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

export const OK: GrpcStatus = { code: 0, message: '' };

/** The gRPC status of each error code, as Triton maps them. */
const STATUS_CODES = {
  UNKNOWN: 2,
  INTERNAL: 13,
  NOT_FOUND: 5,
  INVALID_ARG: 3,
  UNAVAILABLE: 14,
  UNSUPPORTED: 12,
  ALREADY_EXISTS: 6,
  CANCELLED: 1,
} as const satisfies Record<ErrorCode, number>;

/** The status that answers for anything that was thrown. */
export function statusOf(error: unknown): GrpcStatus {
  const { code, message } = toInferError(error);
  return { code: STATUS_CODES[code], message };
}

export const UNAVAILABLE = STATUS_CODES.UNAVAILABLE;
export const CANCELLED = STATUS_CODES.CANCELLED;

/** Statuses for which Triton has no error code. */
export const UNAUTHENTICATED = 16;
export const PERMISSION_DENIED = 7;
