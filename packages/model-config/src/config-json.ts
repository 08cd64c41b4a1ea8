import type { ModelConfig } from '@nereid/core';

/** The JSON text of the configuration endpoint: key order and defaults as Triton prints them (spec §1.16). */
export function configJson(config: ModelConfig): string {
  throw new Error(`not written yet: ${config.name}`);
}
