import type { ModelConfig } from './model-config.js';
import type { PendingRequest } from './pending-request.js';
import type { PluginContext } from './plugin-context.js';

/** The default export of a module that a manifest lists under `backends`. */
export interface BackendPlugin {
  /** Called once, at the first model that needs the backend. */
  createBackend(context: PluginContext): Backend;
}

/** One version of a model, as files on the local disk. */
export interface ModelSource {
  readonly name: string;
  readonly version: number;
  /** Normalized and validated for `loadModel`; for `completeConfig` as far as it is written. */
  readonly config: ModelConfig;
  /** The absolute folder that holds the configuration and the version folders. */
  readonly directory: string;
  /** The absolute folder of this version. */
  readonly versionDirectory: string;
}

/**
 * Runs the models of one framework. Lives from the first model that needs it to the server's end.
 */
export interface Backend {
  /** Instances of a KIND_CPU group that sets no count; 1 when absent. */
  readonly defaultInstanceCount?: number;
  /**
   * Adds to the configuration what can be read from the model's files: inputs, outputs, batch size.
   * Called once a load, before validation, unless auto-completion is off. What the user wrote wins.
   * Throws an InferError when files and configuration contradict each other.
   */
  completeConfig?(source: ModelSource): Promise<ModelConfig>;
  /** Called once per model version and load. Throws an InferError that names file and cause. */
  loadModel(source: ModelSource): Promise<Model>;
  /** Called once, when no model is left. */
  close(): Promise<void>;
}

/** Bytes held on one device. */
export interface MemoryUsage {
  readonly type: 'CPU' | 'CPU_PINNED' | 'GPU';
  readonly deviceId: number;
  readonly sizeBytes: number;
}

/** A loaded model version: what its instances share. */
export interface Model {
  /** Called once per instance, for several at the same time, and while others execute. */
  createInstance(placement: InstancePlacement): Promise<ModelInstance>;
  memoryUsage?(): readonly MemoryUsage[];
  /** False when statistics do not count the responses of a decoupled model one by one. */
  readonly countsResponses?: boolean;
  /** Called once, after the last instance has closed. */
  close(): Promise<void>;
}

export interface InstancePlacement {
  /** `<group>_<copy>`. */
  readonly name: string;
  readonly kind: 'CPU' | 'GPU' | 'MODEL';
  /** The GPU's number; 0 for the other kinds. */
  readonly deviceId: number;
  /** How many CPU threads the instance may keep busy: its share of the cores, at least 1. */
  readonly threadCount: number;
  readonly profiles: readonly string[];
  /** As configured, or that of its kind: `cpu`, `gpu_<number>` or `model`. */
  readonly hostPolicy: string;
  /** The only cores its threads and processes may use, by its host policy; all when absent. */
  readonly cpuCores?: readonly number[];
}

/** Tells the server when an execution passes from one phase to the next, for its statistics. */
export interface ComputeTimer {
  /** The inputs are gathered, the model starts. `atNs` is in nanoseconds of the Clock, or now. */
  inputEnd(atNs?: number): void;
  /** The model is done, the outputs are being scattered. */
  outputStart(atNs?: number): void;
}

/** One copy of a model that executes one batch at a time. */
export interface ModelInstance {
  /** False when it cannot serve at present, as when it is being restarted; true when absent. */
  readonly ready?: boolean;
  /** True when requests may be finished after their execution, as those of a decoupled model. */
  readonly answersLate?: boolean;
  /** True when neither it nor its outputs refer to the inputs of a request that has ended. */
  readonly copiesInputs?: boolean;
  /**
   * Executes a batch; returns undefined when it is done, or else a promise, and is not called again
   * before that settles. Every request of the batch must be finished by then, but for those of a
   * decoupled model. A rejection fails all requests of the batch that are not finished yet; so does
   * forgetting one. Must not block the calling thread for more than about 100 µs.
   */
  execute(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> | undefined;
  /**
   * Called while a batch executes, with the one that `execute` gets next, the same array, so that
   * the model can begin with it at once. Returns what takes it back, which returns false when the
   * model has begun; undefined for a batch that is not prepared.
   */
  prepare?(batch: readonly PendingRequest[]): (() => boolean) | undefined;
  /** Called once, while nothing executes. */
  close(): Promise<void>;
}
