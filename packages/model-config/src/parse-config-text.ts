import type { ModelConfig } from '@nereid/core';

/** Parses `config.pbtxt`. Throws an INVALID_ARG InferError that begins with `fileName:line:column`. */
export function parseConfigText(text: string, fileName: string): ModelConfig {
  throw new Error(`not written yet: ${fileName} ${text}`);
}
