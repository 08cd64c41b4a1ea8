import type { PluginContext } from './plugin-context.js';

/** The default export of a module that a manifest lists under `stores`, by URL scheme. */
export interface ModelStorePlugin {
  /** `location` is a `--model-repository` value of the plugin's scheme. */
  createStore(location: string, context: PluginContext): ModelStore;
}

/** A model's files on the local disk. */
export interface LocalModel {
  /** Absolute. */
  readonly directory: string;
  /** The name that the configuration gives the model yields to the one it is asked for by. */
  readonly renamed?: boolean;
  /** The folder is this load's own; a file of equal name, size and time in another is equal. */
  readonly snapshot?: boolean;
  /** Gives up the files; a store of remote models may delete them. */
  release(): Promise<void>;
}

/** A place with models: one folder each, holding the configuration and the version folders. */
export interface ModelStore {
  readonly location: string;
  /** The names of all models, in any order. Throws when the store cannot be read. */
  listModels(): Promise<readonly string[]>;
  /**
   * Changes whenever something under the model's folder that matters to a load does; undefined when
   * there is no such model.
   */
  fingerprint(modelName: string): Promise<string | undefined>;
  /** All models with their fingerprints, where that costs less than asking for each. */
  scan?(): Promise<ReadonlyMap<string, string>>;
  /** Brings the model to the local disk. */
  localize(modelName: string): Promise<LocalModel>;
  close(): Promise<void>;
}
