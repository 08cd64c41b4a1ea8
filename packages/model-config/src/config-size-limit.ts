import { InferError } from '@nereid/core';

/** In characters: hundreds of times what people write, and at worst under a second of parsing. */
const MAX_CONFIG_LENGTH = 1024 * 1024;

/** Refuses a configuration's text that is longer than the limit. */
export function requireConfigLength(text: string, fileName: string): void {
  if (text.length <= MAX_CONFIG_LENGTH) return;
  throw new InferError(
    'INVALID_ARG',
    `${fileName}: the configuration has ${text.length} characters, more than the ` +
      `${MAX_CONFIG_LENGTH} allowed`,
  );
}
