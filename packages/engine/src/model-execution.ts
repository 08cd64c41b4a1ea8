import type { Clock, Logger, MemoryUsage, Model, ModelSource } from '@nereid/core';
import type { ActivePlugins } from './active-plugins.js';
import { type CreatedInstance, closeInstances, createInstances } from './create-instances.js';
import { type PlannedInstance, planInstances, type ServerCores } from './instance-placements.js';
import type { PooledInstance } from './instance-pool.js';
import type { RateLimiter } from './rate-limiter.js';
import type { RequestRules } from './request-rules.js';
import { runWarmup } from './run-warmup.js';
import { makeWarmupSamples } from './warmup-samples.js';

export interface ExecutionServices {
  readonly plugins: ActivePlugins;
  /** Those that the instances of a model share. */
  readonly cores: ServerCores;
  /** Undefined where instances execute whenever they have a batch. */
  readonly rateLimiter: RateLimiter | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a backend has made of a model version: the model and its instances. */
export interface ModelExecution {
  /** Those that take batches. */
  readonly instances: readonly PooledInstance[];
  memoryUsage(): readonly MemoryUsage[];
  /** Called once, when nothing executes any more. */
  close(): Promise<void>;
}

/** For a model whose scheduler runs no instances of its own. */
export const NO_EXECUTION: ModelExecution = {
  instances: [],
  memoryUsage: () => [],
  close: async () => {},
};

/**
 * Lets the backend load the model, creates its instances and warms them up. Closes what was made
 * before it rejects with the reason.
 */
export async function loadExecution(
  source: ModelSource,
  rules: RequestRules,
  services: ExecutionServices,
): Promise<ModelExecution> {
  const plans = planInstances(source.config, services.cores);
  const active = plans.filter(({ passive }) => !passive);
  // First, because a model that may never execute need not be loaded.
  const turns = services.rateLimiter?.register(active) ?? [];
  try {
    const { model, created } = await loadInstances(plans, { source, rules, services });
    const instances = created
      .filter(({ plan }) => !plan.passive)
      .map(({ instance }, index) => ({ instance, turns: turns[index] }));
    return {
      instances,
      memoryUsage: () => model.memoryUsage?.() ?? [],
      close: async () => {
        services.rateLimiter?.unregister(turns);
        await closeExecution(model, created, services.logger);
      },
    };
  } catch (error) {
    services.rateLimiter?.unregister(turns);
    throw error;
  }
}

interface ModelToLoad {
  readonly source: ModelSource;
  readonly rules: RequestRules;
  readonly services: ExecutionServices;
}

async function loadInstances(plans: readonly PlannedInstance[], toLoad: ModelToLoad) {
  const { source, services } = toLoad;
  const backend = await services.plugins.backend(source.config.backend);
  const model = await backend.loadModel(source);
  let created: readonly CreatedInstance[] = [];
  try {
    created = await createInstances(model, plans, services.logger);
    await warmUp(created, toLoad);
  } catch (error) {
    await closeExecution(model, created, services.logger);
    throw error;
  }
  return { model, created };
}

async function warmUp(
  created: readonly CreatedInstance[],
  { source, rules, services }: ModelToLoad,
): Promise<void> {
  const samples = await makeWarmupSamples(source, rules);
  if (samples.length === 0) return;
  const decoupled = source.config.modelTransactionPolicy?.decoupled ?? false;
  const { clock, logger } = services;
  // All have to end before a failure is told, since only then the instances may be closed.
  const results = await Promise.allSettled(
    created.map(({ instance }) => runWarmup(instance, samples, { decoupled, clock, logger })),
  );
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

async function closeExecution(
  model: Model,
  instances: readonly CreatedInstance[],
  logger: Logger,
): Promise<void> {
  await closeInstances(instances, logger);
  try {
    await model.close();
  } catch (error) {
    logger.error(`a model did not close cleanly: ${String(error)}`);
  }
}
