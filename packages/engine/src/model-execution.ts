import type { Clock, Logger, MemoryUsage, Model, ModelInstance, ModelSource } from '@nereid/core';
import type { ActivePlugins } from './active-plugins.js';
import { type CreatedInstance, closeInstances, createInstances } from './create-instances.js';
import { planInstances } from './instance-placements.js';
import type { RequestRules } from './request-rules.js';
import { runWarmup } from './run-warmup.js';
import { makeWarmupSamples } from './warmup-samples.js';

export interface ExecutionServices {
  readonly plugins: ActivePlugins;
  /** CPU cores that the instances of a model share. */
  readonly coreCount: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What a backend has made of a model version: the model and its instances. */
export interface ModelExecution {
  /** Those that take batches. */
  readonly instances: readonly ModelInstance[];
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
  const { plugins, coreCount, logger } = services;
  const backend = await plugins.backend(source.config.backend);
  const model = await backend.loadModel(source);
  let created: readonly CreatedInstance[] = [];
  try {
    created = await createInstances(model, planInstances(source.config, coreCount), logger);
    await warmUp(created, { source, rules, services });
  } catch (error) {
    await closeExecution(model, created, logger);
    throw error;
  }
  return {
    instances: created.filter(({ plan }) => !plan.passive).map(({ instance }) => instance),
    memoryUsage: () => model.memoryUsage?.() ?? [],
    close: () => closeExecution(model, created, logger),
  };
}

async function warmUp(
  created: readonly CreatedInstance[],
  model: {
    readonly source: ModelSource;
    readonly rules: RequestRules;
    readonly services: ExecutionServices;
  },
): Promise<void> {
  const { source, rules, services } = model;
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
