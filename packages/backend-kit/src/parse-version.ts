import { InferError } from '@nereid/core';

/** The version of a model that a Python model asks for; an empty text asks for any. */
export function parseVersion(text: string): number | undefined {
  if (text === '') return undefined;
  const version = Number(text);
  if (Number.isSafeInteger(version) && version >= 0) return version;
  throw new InferError(
    'INVALID_ARG',
    `failed to get model version from specified version string '${text}' (details: stol), ` +
      'version should be an integral value > 0',
  );
}
