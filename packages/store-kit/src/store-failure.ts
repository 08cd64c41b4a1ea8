import { type ErrorCode, InferError, isInferError } from '@nereid/core';
import type { FailureKind } from './object-source.js';

const CODE = {
  'missing-bucket': 'NOT_FOUND',
  missing: 'NOT_FOUND',
  denied: 'INVALID_ARG',
  changed: 'UNAVAILABLE',
  other: 'UNAVAILABLE',
} as const satisfies Record<FailureKind, ErrorCode>;

const REASON = {
  'missing-bucket': 'there is no such bucket or container',
  missing: 'the object is gone',
  denied: 'access denied, check the credentials',
  changed: 'it changed while it was being fetched',
  other: undefined,
} as const satisfies Record<FailureKind, string | undefined>;

const DETAIL_LIMIT = 300;

/**
 * What users are told: `cannot list s3://bucket/models: access denied, check the credentials
 * (InvalidAccessKeyId: …)`. `action` names what failed and the URL. An InferError stays as it is.
 */
export function storeFailure(action: string, kind: FailureKind, cause: unknown): InferError {
  if (isInferError(cause)) return cause;
  const reason = REASON[kind];
  const detail = detailOf(cause);
  const text = reason === undefined ? detail : `${reason} (${detail})`;
  return new InferError(CODE[kind], `cannot ${action}: ${text}`, { cause });
}

/** The name and the first line of an error: what follows may be pages of XML. */
function detailOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause).slice(0, DETAIL_LIMIT);
  // Node gathers the failures of several addresses in one error without a text.
  const inner = cause instanceof AggregateError ? cause.errors[0] : undefined;
  const message = cause.message || (inner instanceof Error ? inner.message : '');
  const line = message.split('\n', 1)[0]?.trim() ?? '';
  const name = cause.name === 'Error' || line.startsWith(cause.name) ? '' : cause.name;
  return [name, line]
    .filter((part) => part !== '')
    .join(': ')
    .slice(0, DETAIL_LIMIT);
}
