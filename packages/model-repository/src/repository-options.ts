import type { Clock, Logger, ModelStore, RepoAgent } from '@nereid/core';

export type ControlMode = 'none' | 'poll' | 'explicit';

export interface RepositoryOptions {
  /** In the order of the `--model-repository` flags. */
  readonly stores: readonly ModelStore[];
  /** Whether several stores may have models of the same name. */
  readonly namespacing?: boolean;
  readonly controlMode: ControlMode;
  /** `--load-model`; `*` alone stands for every model. Explicit mode only. */
  readonly startupModels: readonly string[];
  /** False with `--disable-auto-complete-config`. */
  readonly autoComplete: boolean;
  /** `--model-config-name`: `configs/<name>.pbtxt` wins over `config.pbtxt` where it exists. */
  readonly configName: string | undefined;
  /** Model versions that load at the same time. */
  readonly loadThreadCount: number;
  /** Further tries after a failed load. */
  readonly loadRetryCount: number;
  /** Seconds between two looks at the stores, in poll mode. */
  readonly pollSeconds: number;
  /** Where file overrides are laid out; a private folder is made in it when first needed. */
  readonly temporaryDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Activates the agent of that name; rejects with an InferError that lists those found. */
  repoAgent(name: string): Promise<RepoAgent>;
}
