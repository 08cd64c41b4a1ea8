import type { ModelConfig } from '@nereid/core';

/**
 * Parses a configuration in its JSON form: `config.json`, or the override of a load. Strict: an unknown
 * field is an INVALID_ARG InferError, which begins with `fileName` and names the field's path.
 */
export function parseConfigJson(text: string, fileName: string): ModelConfig {
  throw new Error(`not written yet: ${fileName} ${text}`);
}
