/** What the server is made of: each part with what it needs, one function for each subsystem. */

import { tmpdir } from 'node:os';
import {
  type ModelStore,
  type PluginCatalog,
  type PluginContext,
  type ResponseCache,
  systemClock,
  type TraceExporter,
} from '@nereid/core';
import { Engine, type EngineOptions } from '@nereid/engine';
import {
  AccessLogger,
  CpuMetrics,
  DEFAULT_METRICS_CONFIG,
  InferenceMetrics,
  PromMetricRegistry,
  parseMetricsConfig,
  type ServerLogger,
  TraceManager,
} from '@nereid/observability';
import type { TokenAuthorizer } from './access/token-authorizer.js';
import { AddedModels } from './added-models.js';
import { type Container, type Token, token } from './container.js';
import { FrontendGroup } from './frontend-group.js';
import { protocolExtensions } from './protocol-extensions.js';
import type { ServerSettings } from './server-settings.js';
import { serverVersion } from './server-version.js';

/** What exists before the first part is made. */
export interface ServerSurroundings {
  readonly settings: ServerSettings;
  readonly logger: ServerLogger;
  readonly catalog: PluginCatalog;
  readonly stores: readonly ModelStore[];
  readonly coreCount: number;
  /** The numbers of the cores of each host policy. */
  readonly hostPolicies: ReadonlyMap<string, readonly number[]>;
  /** The URL of a module that front-end threads import first. */
  readonly threadSetup: string | undefined;
  /** Undefined when answers are not cached. */
  readonly responseCache: ResponseCache | undefined;
  /** Undefined in the trace mode that writes files. */
  readonly traceExporter: TraceExporter | undefined;
  /** Undefined when nobody needs a token. */
  readonly authorizer: TokenAuthorizer | undefined;
}

export const CPU_METRICS: Token<CpuMetrics | undefined> = token('CPU metrics');
export const ENGINE: Token<Engine> = token('engine');
export const FRONTENDS: Token<FrontendGroup> = token('front ends');

const ACCESS_LOG = token<AccessLogger | undefined>('access log');
const REGISTRY = token<PromMetricRegistry>('metric registry');
const METRICS = token<InferenceMetrics>('inference metrics');
const RESPONSE_CACHE = token<ResponseCache | undefined>('response cache');
const TRACING = token<TraceManager>('tracing');
const ADDED_MODELS = token<AddedModels | undefined>('added models');
const REPOSITORY = token<EngineOptions['repository']>('repository options');

export function provideObservability(
  container: Container,
  from: Pick<ServerSurroundings, 'settings' | 'logger'>,
): void {
  const { settings, logger } = from;
  container.provide(REGISTRY, { make: () => new PromMetricRegistry() });
  container.provide(METRICS, {
    make: (get) =>
      new InferenceMetrics(
        get(REGISTRY),
        settings.metrics
          ? parseMetricsConfig(settings.metrics.config, (message) => logger.warn(message))
          : DEFAULT_METRICS_CONFIG,
      ),
  });
  container.provide(CPU_METRICS, {
    make(get) {
      if (settings.metrics === false || !settings.metrics.cpu) return undefined;
      const { intervalMs } = settings.metrics;
      return new CpuMetrics({ registry: get(REGISTRY), clock: systemClock, intervalMs });
    },
    close: (cpuMetrics) => cpuMetrics?.stop(),
  });
}

export function provideTracing(container: Container, from: ServerSurroundings): void {
  const { settings, logger, traceExporter: exporter } = from;
  const { exporter: _, ...start } = settings.trace;
  container.provide(TRACING, {
    make: () =>
      new TraceManager({
        settings: { ...start, exporterSettings: exporter?.settings ?? [] },
        exporter,
        isModelReady: (name) => container.get(ENGINE).isModelReady(name, undefined),
        clock: systemClock,
        logger: logger.child('tracing'),
      }),
    // Made before the engine, which needs it, it is closed when no request is left.
    close: (tracing) => tracing.close(),
  });
}

export function provideRepository(container: Container, from: ServerSurroundings): void {
  const { settings, logger, stores } = from;
  container.provide(ADDED_MODELS, {
    make: () =>
      settings.sagemaker && settings.modelControlMode === 'explicit'
        ? new AddedModels()
        : undefined,
  });
  container.provide(REPOSITORY, {
    make: (get) => ({
      stores: [...stores, get(ADDED_MODELS)].filter((store) => store !== undefined),
      namespacing: settings.modelNamespacing,
      controlMode: settings.modelControlMode,
      startupModels: settings.loadModel,
      autoComplete: !settings.disableAutoCompleteConfig,
      configName: settings.modelConfigName,
      loadThreadCount: settings.modelLoadThreadCount,
      loadRetryCount: settings.modelLoadRetryCount,
      pollSeconds: settings.modelControlMode === 'poll' ? settings.repositoryPollSecs : 0,
      temporaryDirectory: tmpdir(),
      clock: systemClock,
      logger: logger.child('repository'),
    }),
  });
}

export function provideEngine(container: Container, from: ServerSurroundings): void {
  const { settings, logger, catalog } = from;
  container.provide(RESPONSE_CACHE, {
    make: () => from.responseCache,
    // Got by the engine as it is made, it is closed after the engine, when no request is left.
    close: (cache) => cache?.close(),
  });
  container.provide(ENGINE, {
    make: (get) =>
      new Engine({
        metadata: {
          name: settings.id,
          version: serverVersion(),
          extensions: protocolExtensions(catalog),
        },
        repository: get(REPOSITORY),
        catalog,
        backendSettings: settingsByName(settings.backendConfig),
        repoAgentSettings: settingsByName(settings.repoagentConfig),
        strictReadiness: settings.strictReadiness,
        clientSharedMemory: settings.allowClientShm,
        coreCount: from.coreCount,
        hostPolicies: from.hostPolicies,
        rateLimit: settings.rateLimit === 'off' ? undefined : settings.rateLimitResource,
        clock: systemClock,
        logger,
        registry: get(REGISTRY),
        metrics: get(METRICS),
        tracing: get(TRACING),
        responseCache: get(RESPONSE_CACHE),
      }),
  });
}

export function provideFrontends(container: Container, from: ServerSurroundings): void {
  const { settings, logger, catalog } = from;
  const { accessLog: format, accessLogFile: file } = settings;
  container.provide(ACCESS_LOG, {
    make: () =>
      format === 'off' ? undefined : new AccessLogger({ format, file, clock: systemClock }),
    close: (accessLog) => accessLog?.close(),
  });
  container.provide(FRONTENDS, {
    make: (get) =>
      new FrontendGroup({
        settings,
        catalog,
        server: get(ENGINE),
        logger,
        threadSetup: from.threadSetup,
        context: (name, pluginSettings) => ({
          ...pluginContext(container, logger, [name, pluginSettings]),
          authorizer: from.authorizer,
          modelFolders: name === 'sagemaker' ? get(ADDED_MODELS) : undefined,
          accessLog: get(ACCESS_LOG),
        }),
      }),
    close: () => from.authorizer?.close(),
  });
}

/** What a plugin gets to see of the server. The engine is asked for only as the plugin calls it. */
export function pluginContext(
  container: Container,
  logger: ServerLogger,
  [name, settings]: readonly [string, ReadonlyMap<string, string>],
): PluginContext {
  return {
    logger: logger.child(name),
    settings,
    metrics: container.get(REGISTRY),
    clock: systemClock,
    infer: (request, sink) => container.get(ENGINE).infer(request, sink),
    models: {
      loadModel: (name, options) => container.get(ENGINE).loadModel(name, options),
      unloadModel: (name, options) => container.get(ENGINE).unloadModel(name, options),
      isModelReady: (name, version) => container.get(ENGINE).isModelReady(name, version),
    },
  };
}

function settingsByName(config: ServerSettings['backendConfig']): EngineOptions['backendSettings'] {
  return new Map(
    Object.entries(config).map(([name, settings]) => [name, new Map(Object.entries(settings))]),
  );
}
