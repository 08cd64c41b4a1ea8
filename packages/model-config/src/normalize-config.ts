import type { ModelConfig } from '@nereid/core';

export interface NormalizeOptions {
  /** Instances of a KIND_CPU group without a count: the backend's default, or 1. */
  readonly defaultInstanceCount: number;
}

/** Resolves what may be left unsaid: version policy, batch sizes, instance groups (spec §3.3). */
export function normalizeConfig(config: ModelConfig, options: NormalizeOptions): ModelConfig {
  throw new Error(`not written yet: ${config.name} ${options.defaultInstanceCount}`);
}
