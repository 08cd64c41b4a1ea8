import { InferError } from '@nereid/core';

const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The version that a request names, as Triton reads it: leading white space, a sign and then as
 * many digits as follow; undefined for the empty text, which asks for any version. Throws
 * INVALID_ARG with Triton's text for anything else.
 */
export function parseModelVersion(text: string): number | undefined {
  if (text === '') return undefined;
  const digits = /^\s*[+-]?\d+/.exec(text)?.[0];
  const version = digits === undefined ? undefined : BigInt(digits.trim().replace(/^\+/, ''));
  if (version === undefined || version > MAX_INT64 || version < -MAX_INT64 - 1n) {
    throw versionError(text, ' (details: stol)');
  }
  if (version < 0n) throw versionError(text, '');
  // A version beyond 2^53 is rounded; no model has one, so it is not found either way.
  return Number(version);
}

function versionError(text: string, details: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `failed to get model version from specified version string '${text}'${details}, ` +
      'version should be an integral value > 0',
  );
}
