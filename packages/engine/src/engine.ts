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
  PluginCatalog,
  ResponseSink,
  ServerMetadata,
  UnloadOptions,
} from '@nereid/core';
import type { RepositoryOptions } from '@nereid/model-repository';
import type { InferenceMetrics, PromMetricRegistry, ServerLogger } from '@nereid/observability';

export interface EngineOptions {
  readonly metadata: ServerMetadata;
  readonly repository: Omit<RepositoryOptions, 'repoAgent'>;
  readonly catalog: PluginCatalog;
  /** Settings by backend name, from `--backend-config`; the empty name holds those for every backend. */
  readonly backendSettings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** With it a failed model makes the server not ready. */
  readonly strictReadiness: boolean;
  /** CPU cores the server may use. */
  readonly coreCount: number;
  readonly clock: Clock;
  readonly logger: ServerLogger;
  readonly registry: PromMetricRegistry;
  readonly metrics: InferenceMetrics;
}

/** The inference server: everything between a front end and the plugins. */
export class Engine implements InferenceServer {
  readonly metadata: ServerMetadata;

  constructor(options: EngineOptions) {
    this.metadata = options.metadata;
    throw new Error('not written yet');
  }

  /** Loads the start-up models. Resolves when each is ready or has failed; the index tells which. */
  start(): Promise<void> {
    throw new Error('not written yet');
  }

  /**
   * Refuses new requests with UNAVAILABLE `Server exiting`, waits for the accepted ones and unloads all
   * models. Resolves false when `timeoutMs` milliseconds passed first.
   */
  stop(timeoutMs: number): Promise<boolean> {
    throw new Error(`not written yet ${timeoutMs}`);
  }

  isLive(): boolean {
    throw new Error('not written yet');
  }

  isReady(): boolean {
    throw new Error('not written yet');
  }

  isModelReady(modelName: string, version: number | undefined): boolean {
    throw new Error(`not written yet ${modelName} ${version}`);
  }

  modelMetadata(modelName: string, version: number | undefined): ModelMetadata {
    throw new Error(`not written yet ${modelName} ${version}`);
  }

  modelConfig(modelName: string, version: number | undefined): ModelConfig {
    throw new Error(`not written yet ${modelName} ${version}`);
  }

  modelConfigJson(modelName: string, version: number | undefined): string {
    throw new Error(`not written yet ${modelName} ${version}`);
  }

  modelStatistics(
    modelName: string | undefined,
    version: number | undefined,
  ): readonly ModelStatistics[] {
    throw new Error(`not written yet ${modelName} ${version}`);
  }

  metricsText(): Promise<string> {
    throw new Error('not written yet');
  }

  repositoryIndex(readyOnly: boolean): Promise<readonly ModelIndexEntry[]> {
    throw new Error(`not written yet ${readyOnly}`);
  }

  loadModel(modelName: string, options: LoadOptions): Promise<void> {
    throw new Error(`not written yet ${modelName} ${String(options)}`);
  }

  unloadModel(modelName: string, options: UnloadOptions): Promise<void> {
    throw new Error(`not written yet ${modelName} ${String(options)}`);
  }

  logSettings(): LogSettings {
    throw new Error('not written yet');
  }

  updateLogSettings(change: Partial<LogSettings>): LogSettings {
    throw new Error(`not written yet ${String(change)}`);
  }

  infer(request: InferenceRequest, sink: ResponseSink): void {
    throw new Error(`not written yet ${String(request)} ${String(sink)}`);
  }
}
