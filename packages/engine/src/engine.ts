import {
  type Clock,
  InferError,
  type InferenceRequest,
  type InferenceServer,
  type LoadOptions,
  type LogSettings,
  type ModelConfig,
  type ModelIndexEntry,
  type ModelMetadata,
  type ModelReference,
  type ModelStatistics,
  type PluginCatalog,
  type ResponseCache,
  type ResponseSink,
  type ServerMetadata,
  type Tracing,
  toInferError,
  type UnloadOptions,
} from '@nereid/core';
import { ModelRepository, type RepositoryOptions } from '@nereid/model-repository';
import type { InferenceMetrics, PromMetricRegistry, ServerLogger } from '@nereid/observability';
import { SystemSharedMemory } from '@nereid/shared-memory';
import { ActivePlugins } from './active-plugins.js';
import { ExitProgress } from './exit-progress.js';
import { GuardedCache } from './guarded-cache.js';
import { InflightCounter } from './inflight-counter.js';
import type { ResponseCacheServices } from './load-model.js';
import type { LoadedModel } from './loaded-model.js';
import { ModelIdentities } from './model-identities.js';
import { ModelLoader } from './model-loader.js';
import { modelStatistics } from './model-statistics.js';
import { RateLimiter } from './rate-limiter.js';
import type { RateLimitResource } from './resource-limits.js';

export interface EngineOptions {
  readonly metadata: ServerMetadata;
  readonly repository: Omit<RepositoryOptions, 'repoAgent'>;
  readonly catalog: PluginCatalog;
  /**
   * Settings by backend name, from `--backend-config`; the empty name holds those for every
   * backend.
   */
  readonly backendSettings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Settings by repository agent, from `--repoagent-config`. */
  readonly repoAgentSettings?: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** With it a failed model makes the server not ready. */
  readonly strictReadiness: boolean;
  /** CPU cores the server may use. */
  readonly coreCount: number;
  /** By host policy, the numbers of the cores to which its instances are bound; none if absent. */
  readonly hostPolicies?: ReadonlyMap<string, readonly number[]>;
  /**
   * With it, instances execute only while they have their resources; the list is empty where the
   * loaded models tell how many of each there are.
   */
  readonly rateLimit?: readonly RateLimitResource[] | undefined;
  readonly clock: Clock;
  readonly logger: ServerLogger;
  readonly registry: PromMetricRegistry;
  readonly metrics: InferenceMetrics;
  readonly tracing: Tracing;
  /** Keeps answers of models with `response_cache.enable`; whoever made it closes it. */
  readonly responseCache?: ResponseCache | undefined;
  /** Whether clients may register shared memory; they may unless this is false. */
  readonly clientSharedMemory?: boolean;
}

/** The inference server: everything between a front end and the plugins. */
export class Engine implements InferenceServer {
  readonly metadata: ServerMetadata;
  readonly tracing: Tracing;
  readonly systemSharedMemory: SystemSharedMemory;
  readonly #options: EngineOptions;
  readonly #inflight = new InflightCounter();
  readonly #plugins: ActivePlugins;
  readonly #repository: ModelRepository<LoadedModel>;
  #state: 'starting' | 'ready' | 'exiting' = 'starting';
  #sequencesGoOn = false;
  #stopping: Promise<boolean> | undefined;

  constructor(options: EngineOptions) {
    this.metadata = options.metadata;
    this.tracing = options.tracing;
    this.systemSharedMemory = new SystemSharedMemory({
      clock: options.clock,
      allowed: options.clientSharedMemory ?? true,
    });
    this.#options = options;
    const { catalog, backendSettings, clock, logger, registry, metrics, coreCount } = options;
    // Plugins reach other models through this, even while the server exits: the request that needs
    // them has been accepted.
    const infer = (request: InferenceRequest, sink: ResponseSink) => this.#dispatch(request, sink);
    this.#plugins = new ActivePlugins({
      catalog,
      backendSettings,
      repoAgentSettings: options.repoAgentSettings ?? new Map(),
      logger,
      metrics: registry,
      clock,
      infer,
      models: this,
    });
    const loader = new ModelLoader({
      plugins: this.#plugins,
      cores: { coreCount, hostPolicies: options.hostPolicies ?? new Map() },
      rateLimiter: options.rateLimit && new RateLimiter(options.rateLimit),
      clock,
      logger,
      metrics,
      inflight: this.#inflight,
      infer,
      hold: (reference, namespace) => this.#find(reference, namespace).hold(),
      modelConfig: (reference, namespace) => this.#find(reference, namespace).config,
      responseCache: this.#cacheServices(),
    });
    const repoAgent = (name: string) => this.#plugins.repoAgent(name);
    this.#repository = new ModelRepository({ ...options.repository, repoAgent }, loader);
  }

  /**
   * Loads the start-up models. Resolves when each is ready or has failed; the index tells which.
   */
  async start(): Promise<void> {
    await this.#repository.start();
    if (this.#state === 'starting') this.#state = 'ready';
  }

  /**
   * Refuses new requests, as `stop` does, but for those that go on with a sequence. Resolves when
   * the sequences that run have ended, or after `timeoutMs` milliseconds.
   */
  async endSequences(timeoutMs: number): Promise<void> {
    this.#state = 'exiting';
    this.#sequencesGoOn = true;
    const ended = Promise.all(this.#loadedModels().map((model) => model.endSequences()));
    const finished = await this.#within(timeoutMs, ended);
    this.#sequencesGoOn = false;
    if (!finished) this.#options.logger.warn('Sequences that have not ended are given up');
  }

  /**
   * Refuses new requests with UNAVAILABLE `Server exiting`, waits for the accepted ones and unloads
   * all models. Resolves false when `timeoutMs` milliseconds passed first.
   */
  stop(timeoutMs: number): Promise<boolean> {
    this.#state = 'exiting';
    this.#stopping ??= this.#stop(timeoutMs);
    return this.#stopping;
  }

  isLive(): boolean {
    this.#requireNotExiting();
    return this.#state === 'ready';
  }

  isReady(): boolean {
    this.#requireNotExiting();
    if (this.#state !== 'ready') return false;
    return !this.#options.strictReadiness || this.#repository.allReady;
  }

  isModelReady(modelName: string, version: number | undefined): boolean {
    return this.#repository
      .readyVersions(modelName)
      .some((ready) => (version === undefined || ready.version === version) && ready.loaded.ready);
  }

  modelMetadata(modelName: string, version: number | undefined): ModelMetadata {
    const { metadata } = this.#findForClient(modelName, version);
    const versions = this.#repository.readyVersions(modelName).map((ready) => ready.version);
    return { ...metadata, versions: version === undefined ? versions : [version] };
  }

  modelConfig(modelName: string, version: number | undefined): ModelConfig {
    return this.#findForClient(modelName, version).config;
  }

  modelConfigJson(modelName: string, version: number | undefined): string {
    return this.#findForClient(modelName, version).configJson;
  }

  modelStatistics(
    modelName: string | undefined,
    version: number | undefined,
  ): readonly ModelStatistics[] {
    return modelStatistics(this.#repository, modelName, version);
  }

  metricsText(): Promise<string> {
    return this.#options.registry.text();
  }

  repositoryIndex(readyOnly: boolean): Promise<readonly ModelIndexEntry[]> {
    return this.#repository.index(readyOnly);
  }

  async loadModel(modelName: string, options: LoadOptions): Promise<void> {
    this.#requireReady();
    await this.#repository.load(modelName, options);
  }

  async unloadModel(modelName: string, options: UnloadOptions): Promise<void> {
    this.#requireReady();
    await this.#repository.unload(modelName, options);
  }

  logSettings(): LogSettings {
    return this.#options.logger.settings();
  }

  updateLogSettings(change: Partial<LogSettings>): LogSettings {
    return this.#options.logger.update(change);
  }

  infer(request: InferenceRequest, sink: ResponseSink): void {
    // A model that is ready serves while the server starts: others may take their time to load.
    const { sequence } = request;
    const goesOn = this.#sequencesGoOn && sequence !== undefined && !sequence.start;
    if (this.#state !== 'exiting' || goesOn) this.#dispatch(request, sink);
    else sink.end(new InferError('UNAVAILABLE', 'Server exiting'));
  }

  #dispatch(request: InferenceRequest, sink: ResponseSink): void {
    let model: LoadedModel;
    try {
      if (request.callers) refuseCycle(request.modelName, request.callers);
      model = this.#findForClient(request.modelName, request.modelVersion);
    } catch (error) {
      sink.end(toInferError(error));
      return;
    }
    model.infer(request, sink);
  }

  #find({ name, version }: ModelReference, namespace: string): LoadedModel {
    return this.#repository.find(name, version < 0 ? undefined : version, namespace);
  }

  #cacheServices(): ResponseCacheServices | undefined {
    const { responseCache: cache, clock, logger } = this.#options;
    if (!cache) return undefined;
    return {
      cache: new GuardedCache({ cache, clock, logger }),
      identities: new ModelIdentities(),
      identityOf: (reference, namespace) => {
        try {
          return this.#find(reference, namespace).identity;
        } catch {
          return undefined;
        }
      },
    };
  }

  /** Throws UNAVAILABLE for a model that may still become ready as the server starts. */
  #findForClient(name: string, version: number | undefined): LoadedModel {
    try {
      return this.#repository.find(name, version);
    } catch (error) {
      if (this.#state === 'starting') throw new InferError('UNAVAILABLE', 'Server not ready');
      throw error;
    }
  }

  async #stop(timeoutMs: number): Promise<boolean> {
    const { clock, logger } = this.#options;
    const progress = new ExitProgress({
      clock,
      logger,
      timeoutMs,
      inflightModels: () =>
        this.#loadedModels()
          .map(({ config, version, inflightCount }) => ({
            name: config.name,
            version,
            inflightCount,
          }))
          .filter(({ inflightCount }) => inflightCount > 0),
      liveModelCount: () => this.#loadedModels().length,
    });
    const finished = await this.#within(timeoutMs, this.#finish());
    progress.quiet();
    this.systemSharedMemory.close();
    if (!finished) logger.error('Exit timeout expired. Exiting immediately.');
    return finished;
  }

  /** False when that much time passes first. */
  async #within(timeoutMs: number, task: Promise<unknown>): Promise<boolean> {
    let cancelTimeout = () => {};
    const timeout = new Promise<false>((resolve) => {
      cancelTimeout = this.#options.clock.schedule(timeoutMs * 1000, () => resolve(false));
    });
    const finished = await Promise.race([task.then(() => true), timeout]);
    cancelTimeout();
    return finished;
  }

  async #finish(): Promise<void> {
    await this.#inflight.idle();
    this.systemSharedMemory.unregister(undefined);
    try {
      await this.#repository.stop();
      await this.#plugins.close();
    } catch (error) {
      this.#options.logger.error(`the server did not stop cleanly: ${toInferError(error).message}`);
    }
  }

  #loadedModels(): readonly LoadedModel[] {
    return this.#repository
      .readyModels()
      .flatMap((name) => this.#repository.readyVersions(name).map(({ loaded }) => loaded));
  }

  #requireNotExiting(): void {
    if (this.#state === 'exiting') throw new InferError('UNAVAILABLE', 'Server exiting');
  }

  #requireReady(): void {
    if (this.#state !== 'ready') throw new InferError('UNAVAILABLE', 'Server not ready');
  }
}

function refuseCycle(modelName: string, callers: readonly string[]): void {
  if (!callers.includes(modelName)) return;
  const chain = [...callers, modelName].join(' -> ');
  throw new InferError(
    'INVALID_ARG',
    `model '${modelName}' is called by a model that it waits for: ${chain}`,
  );
}
