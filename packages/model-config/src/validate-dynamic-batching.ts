import type { ModelConfig, ModelDynamicBatching, ModelQueuePolicy } from '@nereid/core';
import { configError } from './config-error.js';

/** Checks preferred batch sizes, priority levels and queue policies (spec §3.5). */
export function validateDynamicBatching(config: ModelConfig): void {
  const { name, dynamicBatching: batching } = config;
  if (!batching) return;
  for (const size of batching.preferredBatchSize) {
    if (size <= 0) {
      throw configError(`dynamic batching preferred size must be positive for ${name}`);
    }
    if (size > config.maxBatchSize) {
      throw configError(`dynamic batching preferred size must be <= max batch size for ${name}`);
    }
  }
  if (batching.priorityLevels > 0) validatePriorities(batching, name);
  if (batching.preserveOrdering) validateOrdering(batching, name);
}

function validatePriorities(batching: ModelDynamicBatching, modelName: string): void {
  const isLevel = (level: number) => level >= 1 && level <= batching.priorityLevels;
  const range = `in range [1, ${batching.priorityLevels}] for ${modelName}`;
  if (!isLevel(batching.defaultPriorityLevel)) {
    throw configError(`default priority level must be ${range}`);
  }
  if (!Object.keys(batching.priorityQueuePolicy).every((level) => isLevel(Number(level)))) {
    throw configError(`priority queue policy must have priority level ${range}`);
  }
}

/** Requests that wait for their turn, or that a delay moves back, would leave out of order. */
function validateOrdering(batching: ModelDynamicBatching, modelName: string): void {
  if (batching.priorityLevels > 1) {
    throw configError(
      `Only one priority level is allowed when 'preserve_ordering' is true for ${modelName}`,
    );
  }
  const policies = [batching.defaultQueuePolicy, ...Object.values(batching.priorityQueuePolicy)];
  if (policies.some(delays)) {
    throw configError(
      "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for " +
        modelName,
    );
  }
}

function delays(policy: ModelQueuePolicy | undefined): boolean {
  return policy?.timeoutAction === 'DELAY' && policy.defaultTimeoutMicroseconds !== 0;
}
