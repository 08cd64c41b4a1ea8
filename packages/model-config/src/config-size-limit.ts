import { InferError } from '@nereid/core';

/**
 * In characters. A thousand times more than people write, and still read in well under a second.
 */
const MAX_CONFIG_LENGTH = 4 * 1024 * 1024;

/** Refuses a configuration's text that is longer than the limit. */
export function requireConfigLength(text: string, fileName: string): void {
  if (text.length <= MAX_CONFIG_LENGTH) return;
  throw new InferError(
    'INVALID_ARG',
    `${fileName}: the configuration has ${text.length} characters, more than the ` +
      `${MAX_CONFIG_LENGTH} allowed`,
  );
}
