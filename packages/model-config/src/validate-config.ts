import type { ModelConfig } from '@nereid/core';

/** Checks a normalized configuration; throws an INVALID_ARG InferError with Triton's text (spec §3.5). */
export function validateConfig(config: ModelConfig): void {
  throw new Error(`not written yet: ${config.name}`);
}
