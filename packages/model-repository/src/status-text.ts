import { type ErrorCode, toInferError } from '@nereid/core';

/** How Triton spells its error codes (spec §1.6). */
const CODE_TEXT = {
  UNKNOWN: 'Unknown',
  INTERNAL: 'Internal',
  NOT_FOUND: 'Not found',
  INVALID_ARG: 'Invalid argument',
  UNAVAILABLE: 'Unavailable',
  UNSUPPORTED: 'Unsupported',
  ALREADY_EXISTS: 'Already exists',
  CANCELLED: 'Cancelled',
} as const satisfies Record<ErrorCode, string>;

/** Code and message in one line, as the index and failed loads show the reason. */
export function statusText(error: unknown): string {
  const { code, message } = toInferError(error);
  return `${CODE_TEXT[code]}: ${message}`;
}
