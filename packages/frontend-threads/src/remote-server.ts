import type {
  Clock,
  InferenceRequest,
  InferenceServer,
  LoadOptions,
  LogSettings,
  ModelConfig,
  ModelIndexEntry,
  ModelMetadata,
  ModelStatistics,
  ResponseSink,
  ServerMetadata,
  UnloadOptions,
} from '@nereid/core';
import type { RemoteCalls } from './remote-calls.js';
import type { RemoteInferences } from './remote-inferences.js';
import { RemoteMemory } from './remote-memory.js';
import { RemoteTrace, RemoteTracing } from './remote-tracing.js';
import { SHARED_WORDS } from './server-calls.js';

export interface RemoteServerOptions {
  readonly metadata: ServerMetadata;
  readonly calls: RemoteCalls;
  readonly inferences: RemoteInferences;
  readonly sharedWords: Int32Array;
  readonly clock: Clock;
}

/** A configuration is asked for again after so long: a repository that is polled tells nobody. */
const CONFIG_VALID_NS = 100e6;
const MAX_CONFIGS = 1_024;

interface KnownConfig {
  readonly config: ModelConfig;
  readonly number: number;
  /** How often clients had changed the repository by then. */
  readonly changes: number;
  readonly untilNs: number;
}

/** The server of the main thread, as a front end in another thread sees it. */
export class RemoteServer implements InferenceServer {
  readonly metadata: ServerMetadata;
  readonly tracing: RemoteTracing;
  readonly systemSharedMemory: RemoteMemory;
  readonly #options: RemoteServerOptions;
  readonly #calls: RemoteCalls;
  /** By name and version. Both inference handlers ask for the configuration of each request. */
  readonly #configs = new Map<string, KnownConfig>();

  constructor(options: RemoteServerOptions) {
    this.metadata = options.metadata;
    this.tracing = new RemoteTracing(options);
    this.systemSharedMemory = new RemoteMemory(options.calls);
    this.#options = options;
    this.#calls = options.calls;
  }

  isLive(): boolean {
    return this.#calls.now('isLive');
  }

  isReady(): boolean {
    return this.#calls.now('isReady');
  }

  isModelReady(modelName: string, version: number | undefined): boolean {
    return this.#calls.now('isModelReady', modelName, version);
  }

  modelMetadata(modelName: string, version: number | undefined): ModelMetadata {
    return this.#calls.now('modelMetadata', modelName, version);
  }

  modelConfig(modelName: string, version: number | undefined): ModelConfig {
    const key = version === undefined ? modelName : `${modelName}/${version}`;
    const known = this.#configs.get(key);
    const nowNs = this.#options.clock.nowNs();
    const changes = Atomics.load(this.#options.sharedWords, SHARED_WORDS.repositoryChanges);
    if (known && known.changes === changes && known.untilNs > nowNs) return known.config;
    const told = this.#calls.now('modelConfig', modelName, version, known?.number ?? -1);
    const config = told.config ?? known?.config;
    if (config === undefined) throw new Error('a configuration was not sent');
    if (this.#configs.size >= MAX_CONFIGS) this.#configs.clear();
    const untilNs = nowNs + CONFIG_VALID_NS;
    this.#configs.set(key, { config, number: told.number, changes, untilNs });
    return config;
  }

  modelConfigJson(modelName: string, version: number | undefined): string {
    return this.#calls.now('modelConfigJson', modelName, version);
  }

  modelStatistics(
    modelName: string | undefined,
    version: number | undefined,
  ): readonly ModelStatistics[] {
    return this.#calls.now('modelStatistics', modelName, version);
  }

  metricsText(): Promise<string> {
    return this.#calls.later('metricsText');
  }

  repositoryIndex(readyOnly: boolean): Promise<readonly ModelIndexEntry[]> {
    return this.#calls.later('repositoryIndex', readyOnly);
  }

  loadModel(modelName: string, options: LoadOptions): Promise<void> {
    return this.#calls.later('loadModel', modelName, options);
  }

  unloadModel(modelName: string, options: UnloadOptions): Promise<void> {
    return this.#calls.later('unloadModel', modelName, options);
  }

  logSettings(): LogSettings {
    return this.#calls.now('logSettings');
  }

  updateLogSettings(change: Partial<LogSettings>): LogSettings {
    return this.#calls.now('updateLogSettings', change);
  }

  infer(request: InferenceRequest, sink: ResponseSink): void {
    const { trace } = request;
    const number = trace instanceof RemoteTrace ? trace.number : undefined;
    this.#options.inferences.infer(request, sink, number);
  }
}
