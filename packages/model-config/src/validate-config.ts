import type { ModelConfig } from '@nereid/core';
import { validateBatchTensors } from './validate-batch-tensors.js';
import { validateInstanceGroups } from './validate-instance-groups.js';
import { validatePolicies } from './validate-policies.js';
import { validateTensors } from './validate-tensors.js';

/**
 * Checks a normalized configuration; throws an INVALID_ARG InferError with Triton's text (spec
 * §3.5).
 */
export function validateConfig(config: ModelConfig): void {
  validatePolicies(config);
  validateInstanceGroups(config);
  validateTensors(config);
  validateBatchTensors(config);
}
