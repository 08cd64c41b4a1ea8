import type { ModelConfig, ModelReference, ModelSource } from '@nereid/core';

/** A model version in memory, able to serve. */
export interface LoadedVersion {
  /** False when it cannot serve at present, such as when its process is being restarted. */
  readonly ready: boolean;
  /** Accepts nothing more, finishes what it has accepted and frees everything. Called once. */
  stop(): Promise<void>;
}

/** The files of a version, and the namespace in which it looks for other models by name. */
export interface NamespacedSource extends ModelSource {
  /** The location of its repository; empty without namespaces. */
  readonly namespace: string;
}

/** What the repository asks of the engine: the one knows files, the other how to run a model. */
export interface VersionLoader<V extends LoadedVersion> {
  /**
   * Completes a configuration whose names are known, from the backend and the model's files, and
   * normalizes and validates it. `source.version` is the highest version to be loaded.
   */
  completeConfig(source: NamespacedSource, autoComplete: boolean): Promise<ModelConfig>;
  /** Throws for a configuration that is wrong whatever the files and other models hold. */
  checkConfig?(config: ModelConfig): Promise<void>;
  /** The models that have to be ready before one with this configuration can be loaded. */
  dependencies(config: ModelConfig): Promise<readonly ModelReference[]>;
  /** Loads one version; it serves as soon as this resolves. */
  load(source: NamespacedSource): Promise<V>;
  /**
   * Lets a version that serves take over a configuration that differs in its instance groups only.
   * False when it has to be loaded anew; rejects, and leaves it as it was, when it fails.
   */
  changeInstances?(loaded: V, config: ModelConfig): Promise<boolean>;
}
