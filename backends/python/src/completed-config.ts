import { InferError, type ModelConfig } from '@nereid/core';
import { mergeCompletion, parseConfigJson } from '@nereid/model-config';

/**
 * The configuration as the model's `auto_complete_config` left it; the written one when the model
 * has no such function. Throws an INTERNAL InferError for an answer that is no configuration.
 */
export function completedConfig(written: ModelConfig, answer: unknown): ModelConfig {
  if (answer === null || answer === undefined) return written;
  if (typeof answer !== 'string') {
    throw new InferError('INTERNAL', 'the Python process completed the configuration with no text');
  }
  const where = `auto_complete_config of model '${written.name}'`;
  return mergeCompletion(written, parseConfigJson(answer, where));
}
