import type { ModelConfig } from '@nereid/core';

/** A configuration in which nothing is written but the name. */
export function emptyConfig(name: string): ModelConfig {
  throw new Error(`not written yet: ${name}`);
}
