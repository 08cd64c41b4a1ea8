import type { DataType } from './data-type.js';
import type { InferenceRequest } from './inference-request.js';
import type { ResponseSink } from './inference-response.js';
import type { ModelConfig } from './model-config.js';
import type { ModelStatistics } from './model-statistics.js';
import type { SharedMemoryRegions } from './shared-memory.js';
import type { Tracing } from './tracing.js';

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: DataType;
  /** With the batch dimension, as -1, where the model has one. */
  readonly shape: readonly number[];
}

export interface ModelMetadata {
  readonly name: string;
  /** The ready versions, ascending. */
  readonly versions: readonly number[];
  readonly platform: string;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export type ModelState = 'UNKNOWN' | 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING';

/** One line of the repository index. A model that was never loaded has only a name. */
export interface ModelIndexEntry {
  readonly name: string;
  readonly version: number | undefined;
  readonly state: ModelState | undefined;
  readonly reason: string;
}

export interface LoadOptions {
  /** A model configuration as JSON that replaces the one in the repository. */
  readonly config?: string | undefined;
  /** Files that replace the model's folder, by their path in it; needs `config`. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

export interface UnloadOptions {
  /** Unload the models this one is composed of, too. */
  readonly unloadDependents: boolean;
}

export interface LogSettings {
  /** Empty: standard error. Fixed at start-up. */
  readonly logFile: string;
  readonly logInfo: boolean;
  readonly logWarning: boolean;
  readonly logError: boolean;
  /** 0 is off. */
  readonly logVerboseLevel: number;
  readonly logFormat: 'default' | 'ISO8601' | 'json';
}

/** The server as front ends see it. Methods throw, or reject with, InferErrors for the client. */
export interface InferenceServer {
  readonly metadata: ServerMetadata;
  /** True from the end of initialization on. Throws UNAVAILABLE while the server exits. */
  isLive(): boolean;
  /** True while requests can be served; with strict readiness, only if no model has failed. */
  isReady(): boolean;
  /** False for an unknown model or version. Without a version: whether any version is ready. */
  isModelReady(modelName: string, version: number | undefined): boolean;

  /** Throws NOT_FOUND for an unknown model or version. */
  modelMetadata(modelName: string, version: number | undefined): ModelMetadata;
  /** The normalized and completed configuration. */
  modelConfig(modelName: string, version: number | undefined): ModelConfig;
  /** The same as JSON text, in the exact form of the configuration endpoint. */
  modelConfigJson(modelName: string, version: number | undefined): string;
  /** Ready versions only; an undefined name asks for all models. */
  modelStatistics(
    modelName: string | undefined,
    version: number | undefined,
  ): readonly ModelStatistics[];
  /** All metrics in the Prometheus text format. */
  metricsText(): Promise<string>;

  repositoryIndex(readyOnly: boolean): Promise<readonly ModelIndexEntry[]>;
  /** Resolves when the model serves, or rejects with the reason why it does not. */
  loadModel(modelName: string, options: LoadOptions): Promise<void>;
  /** Resolves when the model no longer accepts requests; accepted ones still finish. */
  unloadModel(modelName: string, options: UnloadOptions): Promise<void>;

  logSettings(): LogSettings;
  /** Changes the given settings; throws UNSUPPORTED for `logFile`. Returns the new ones. */
  updateLogSettings(change: Partial<LogSettings>): LogSettings;

  readonly tracing: Tracing;

  /** Answers through the sink, errors included; never throws. */
  infer(request: InferenceRequest, sink: ResponseSink): void;

  /** What clients have registered; a request's tensors are moved there and back by a front end. */
  readonly systemSharedMemory: SharedMemoryRegions;
}
