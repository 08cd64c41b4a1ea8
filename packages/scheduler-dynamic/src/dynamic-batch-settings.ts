import { InferError, type ModelConfig } from '@nereid/core';
import type { BatchSchedulerSettings } from '@nereid/scheduler-kit';
import { inputEquality, UNLIMITED } from '@nereid/scheduler-kit';

/** The parameter that names a custom batching library of Triton's. */
const BATCH_STRATEGY_PARAMETER = 'TRITON_BATCH_STRATEGY_PATH';

/**
 * What `dynamic_batching` of a normalized configuration asks for. Throws an UNSUPPORTED InferError
 * for a custom batching strategy, which is a library written against Triton's batcher.
 */
export function dynamicBatchSettings(config: ModelConfig): BatchSchedulerSettings {
  const batching = config.dynamicBatching;
  if (config.parameters[BATCH_STRATEGY_PARAMETER]) {
    throw new InferError(
      'UNSUPPORTED',
      `model '${config.name}' sets ${BATCH_STRATEGY_PARAMETER}, but custom batching strategies ` +
        'are not supported',
    );
  }
  const defaultPolicy = batching?.defaultQueuePolicy ?? UNLIMITED;
  return {
    rules: {
      maxBatchSize: Math.max(1, config.maxBatchSize),
      preferredSizes: (batching?.preferredBatchSize ?? []).toSorted((a, b) => a - b),
      maxDelayNs: (batching?.maxQueueDelayMicroseconds ?? 0) * 1000,
      canShare: inputEquality(config),
    },
    queue: {
      priorityLevels: batching?.priorityLevels ?? 0,
      defaultPriority: batching?.defaultPriorityLevel ?? 0,
      policyOf: (priority) => batching?.priorityQueuePolicy[String(priority)] ?? defaultPolicy,
    },
    preserveOrdering: batching?.preserveOrdering ?? false,
  };
}
