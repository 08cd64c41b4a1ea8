import type { ModelConfig } from '@nereid/core';

/** What the repository knows of a model's files. */
export interface ModelFacts {
  /** The model's folder name. */
  readonly directoryName: string;
  /** File and folder names in the lexicographically first version folder; empty without one. */
  readonly versionEntries: readonly string[];
}

/**
 * Fills in `name`, `backend`, `platform` and `defaultModelFilename` by the rules of Triton's core
 * (spec §3.2). Throws an INVALID_ARG InferError when no backend can be determined.
 */
export function completeConfigNames(config: ModelConfig, facts: ModelFacts): ModelConfig {
  throw new Error(`not written yet: ${config.name} ${facts.directoryName}`);
}
