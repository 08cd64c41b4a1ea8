import type { LoadOptions, ModelIndexEntry, UnloadOptions } from '@nereid/core';
import type { RepositoryOptions } from './repository-options.js';
import type { LoadedVersion, VersionLoader } from './version-loader.js';

/** The models of all stores and the versions of them that are loaded. */
export class ModelRepository<V extends LoadedVersion> {
  constructor(options: RepositoryOptions, loader: VersionLoader<V>) {
    throw new Error(`not written yet ${String(options)} ${String(loader)}`);
  }

  /** Loads what the control mode asks for at start-up. Resolves when all of it is ready or has failed. */
  start(): Promise<void> {
    throw new Error('not written yet');
  }

  /** True when every version that should be loaded is. */
  get allReady(): boolean {
    throw new Error('not written yet');
  }

  /**
   * The version that answers a request: the given one, or the highest that is ready. Throws an
   * InferError with Triton's text (spec §1.6) when there is none. The hot path: no allocation.
   */
  find(modelName: string, version: number | undefined): V {
    throw new Error(`not written yet ${modelName} ${version}`);
  }

  /** The ready versions of a model, ascending; empty for an unknown model. */
  readyVersions(modelName: string): readonly { readonly version: number; readonly loaded: V }[] {
    throw new Error(`not written yet ${modelName}`);
  }

  /** The names of all models that have a ready version, sorted. */
  readyModels(): readonly string[] {
    throw new Error('not written yet');
  }

  index(readyOnly: boolean): Promise<readonly ModelIndexEntry[]> {
    throw new Error(`not written yet ${readyOnly}`);
  }

  /** Rejects with an InferError: Triton's text as prefix, the reason appended (spec §1.8). */
  load(modelName: string, options: LoadOptions): Promise<void> {
    throw new Error(`not written yet ${modelName} ${String(options)}`);
  }

  unload(modelName: string, options: UnloadOptions): Promise<void> {
    throw new Error(`not written yet ${modelName} ${String(options)}`);
  }

  /** Unloads everything and releases the stores. */
  stop(): Promise<void> {
    throw new Error('not written yet');
  }
}
