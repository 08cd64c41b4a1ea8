import {
  type HeldModel,
  type Logger,
  type ModelReference,
  type PluginContext,
  type SchedulerContext,
  type SchedulerPlugin,
  schedulingChoice,
} from '@nereid/core';
import type { NamespacedSource } from '@nereid/model-repository';
import { type InferenceMetrics, StatisticsRecorder } from '@nereid/observability';
import type { GuardedCache } from './guarded-cache.js';
import { InflightCounter } from './inflight-counter.js';
import { InstancePool } from './instance-pool.js';
import { LoadedModel } from './loaded-model.js';
import { ModelCache, type ModelCacheParts } from './model-cache.js';
import { type ExecutionServices, ModelExecution } from './model-execution.js';
import type { ModelIdentities } from './model-identities.js';
import { readLabels } from './read-labels.js';
import { compileRequestRules, type RequestRules } from './request-rules.js';

export interface LoadServices extends ExecutionServices {
  readonly metrics: InferenceMetrics;
  /** Counts the requests of all models. */
  readonly inflight: InflightCounter;
  readonly infer: PluginContext['infer'];
  /** Finds a model as one in the given namespace means it. */
  hold(model: ModelReference, namespace: string): HeldModel;
  /** Undefined on a server without a response cache. */
  readonly responseCache: ResponseCacheServices | undefined;
}

export interface ResponseCacheServices {
  readonly cache: GuardedCache;
  readonly identities: ModelIdentities;
  /** The identity of a model as one in the given namespace means it; undefined if it is missing. */
  identityOf(model: ModelReference, namespace: string): string | undefined;
}

/** Everything of a model version but its scheduler. */
interface Foundation {
  readonly source: NamespacedSource;
  readonly rules: RequestRules;
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly execution: ModelExecution | undefined;
  readonly services: LoadServices;
  /** See ModelIdentities; undefined on a server without a response cache. */
  readonly identity: string | undefined;
}

/** Loads a model version. Rejects with the reason, after closing what was made of it. */
export async function loadModel(
  source: NamespacedSource,
  services: LoadServices,
): Promise<LoadedModel> {
  const startNs = services.clock.nowNs();
  const { config } = source;
  const plugin = await services.plugins.scheduler(schedulingChoice(config));
  // Before anything is read: answers of files that are written meanwhile are not taken for those of
  // the new ones.
  const identity = await services.responseCache?.identities.nameLoad(source);
  const rules = compileRequestRules(config);
  const labels = await readLabels(config, source.directory);
  const execution = plugin.instanceless
    ? undefined
    : await ModelExecution.load(source, rules, services);
  const recorder = new StatisticsRecorder({
    modelName: config.name,
    modelVersion: source.version,
    namespace: source.namespace,
    config,
    metrics: services.metrics,
    clock: services.clock,
  });
  try {
    const foundation = { source, rules, labels, execution, services, identity };
    const model = await assemble(foundation, recorder, plugin);
    recorder.loaded(services.clock.nowNs() - startNs);
    return model;
  } catch (error) {
    recorder.close();
    await execution?.close();
    throw error;
  }
}

async function assemble(
  foundation: Foundation,
  recorder: StatisticsRecorder,
  plugin: SchedulerPlugin,
): Promise<LoadedModel> {
  const { source, rules, labels, execution, services } = foundation;
  const { config, version } = source;
  const logger = services.logger.child(config.name);
  const decoupled = config.modelTransactionPolicy?.decoupled ?? false;
  const scope = {
    modelName: config.name,
    modelVersion: version,
    decoupled,
    countsResponses: execution?.countsResponses ?? true,
    rules,
    outputRules: { table: rules.outputs, labels },
    recorder,
    inflight: new InflightCounter(services.inflight),
    clock: services.clock,
    logger,
  };
  const pool = new InstancePool({
    modelName: config.name,
    instances: execution?.instances ?? [],
    decoupled,
    clock: services.clock,
    recorder,
  });
  const context: SchedulerContext = {
    modelName: config.name,
    modelVersion: version,
    config,
    directory: source.directory,
    clock: services.clock,
    logger,
    instanceCount: pool.numbers.length,
    runBatch: (batch, instance) => pool.runBatch(batch, instance),
    get preparesBatch() {
      return pool.preparesBatch;
    },
    infer: services.infer,
    hold: (model) => services.hold(model, source.namespace),
  };
  const scheduler = plugin.createScheduler(context);
  await scheduler.prepared;
  const identity = identityWithModels(foundation, plugin);
  return new LoadedModel({
    config,
    version,
    rules,
    scope,
    scheduler,
    instances: execution && { execution, pool },
    identity,
    cache: openModelCache(foundation, { identity, recorder, logger }),
    recorder,
    logger,
  });
}

/** The answers of a model that passes requests to others depend on them, too, as they are then. */
function identityWithModels(
  { source, services, identity }: Foundation,
  plugin: SchedulerPlugin,
): () => string | undefined {
  const models = plugin.dependencies?.(source.config) ?? [];
  if (models.length === 0) return () => identity;
  return () => {
    if (identity === undefined) return undefined;
    const parts = [identity];
    for (const model of models) {
      const part = services.responseCache?.identityOf(model, source.namespace);
      if (part === undefined) return undefined;
      parts.push(part);
    }
    return parts.join('\n');
  };
}

function openModelCache(
  { source, services }: Foundation,
  parts: Pick<ModelCacheParts, 'identity' | 'recorder'> & { readonly logger: Logger },
): ModelCache | undefined {
  if (!source.config.responseCache?.enable) return undefined;
  const { responseCache, clock } = services;
  if (responseCache) return new ModelCache({ ...parts, cache: responseCache.cache, clock });
  parts.logger.warn('response_cache is enabled, but the server has none: see --cache-config');
  return undefined;
}
