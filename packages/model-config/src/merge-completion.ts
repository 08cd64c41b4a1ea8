import { type ModelConfig, schedulingChoice } from '@nereid/core';

/**
 * The written configuration with what a model's own `auto_complete_config` may add to it, as in
 * Triton: tensors, the batch size, a scheduler where none is written, and the transaction policy.
 * Whatever else `completed` says is left out, so that no model can rename or move itself.
 */
export function mergeCompletion(written: ModelConfig, completed: ModelConfig): ModelConfig {
  const scheduled = schedulingChoice(written) === 'default' ? completed : written;
  return {
    ...written,
    maxBatchSize: completed.maxBatchSize,
    input: completed.input,
    output: completed.output,
    dynamicBatching: scheduled.dynamicBatching,
    sequenceBatching: scheduled.sequenceBatching,
    modelTransactionPolicy: completed.modelTransactionPolicy ?? written.modelTransactionPolicy,
  };
}
