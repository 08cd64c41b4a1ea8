import type { Logger, Model, ModelInstance } from '@nereid/core';
import type { PlannedInstance } from './instance-placements.js';

export interface CreatedInstance {
  readonly instance: ModelInstance;
  readonly plan: PlannedInstance;
}

/**
 * Creates all instances of a model at the same time. If one fails, closes those that were created
 * and rejects with the first failure.
 */
export async function createInstances(
  model: Model,
  plans: readonly PlannedInstance[],
  logger: Logger,
): Promise<readonly CreatedInstance[]> {
  const results = await Promise.allSettled(
    plans.map(async (plan) => ({ plan, instance: await model.createInstance(plan.placement) })),
  );
  const created = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return created;
  await closeInstances(created, logger);
  throw failure.reason;
}

/** Closes all instances, whatever some of them say to it. */
export async function closeInstances(
  instances: readonly CreatedInstance[],
  logger: Logger,
): Promise<void> {
  await Promise.all(
    instances.map(async ({ instance, plan }) => {
      try {
        await instance.close();
      } catch (error) {
        logger.error(`instance ${plan.placement.name} did not close cleanly: ${String(error)}`);
      }
    }),
  );
}
