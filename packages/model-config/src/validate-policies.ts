import type { ModelConfig } from '@nereid/core';
import { configError } from './config-error.js';
import { validateDynamicBatching } from './validate-dynamic-batching.js';
import { validateEnsemble } from './validate-ensemble.js';
import { validateSequenceBatching } from './validate-sequence-batching.js';

/** Backends that run only models of certain platforms; any other backend may have any platform. */
const PLATFORMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['tensorflow', ['tensorflow_graphdef', 'tensorflow_savedmodel']],
  ['tensorrt', ['tensorrt_plan']],
  ['onnxruntime', ['onnxruntime_onnx']],
  ['pytorch', ['pytorch_libtorch']],
]);

/**
 * Checks what is known of a normalized configuration without its model's file: all but instance
 * groups and tensors. Triton does so while it polls the repository, and tells such a fault as one
 * of the poll. Throws an INVALID_ARG InferError with Triton's text (spec §3.5).
 */
export function validatePolicies(config: ModelConfig): void {
  validateNames(config);
  if (config.maxBatchSize < 0) {
    throw configError(`'max_batch_size' must be non-negative value for ${config.name}`);
  }
  if (!config.versionPolicy) {
    throw configError(`must specify 'version policy' for ${config.name}`);
  }
  validateDynamicBatching(config);
  validateSequenceBatching(config);
  validateEnsemble(config);
  validateResponseCache(config);
  validateMetrics(config);
}

function validateNames({ name, backend, platform }: ModelConfig): void {
  if (name === '') throw configError("model configuration must specify 'name'");
  if (backend === '' && platform !== 'ensemble') {
    throw configError(`unexpected platform type '${platform}' for ${name}`);
  }
  if (backend !== '' && platform === 'ensemble') {
    throw configError(
      `Ensemble model '${name}' must have platform type '${platform}' and empty backend type`,
    );
  }
  const platforms = PLATFORMS.get(backend);
  if (platforms && !platforms.includes(platform)) {
    throw configError(`unexpected 'platform' and 'backend' pair, got:${platform}, ${backend}`);
  }
}

function validateResponseCache({ name, modelTransactionPolicy, responseCache }: ModelConfig): void {
  if (!modelTransactionPolicy?.decoupled || !responseCache?.enable) return;
  throw configError(
    `Response Cache does not currently support model ${name} with 'decoupled' transaction ` +
      'policy. Please disable the response cache.',
  );
}

function validateMetrics({ modelMetrics }: ModelConfig): void {
  for (const { metricIdentifier, histogramOptions } of modelMetrics?.metricControl ?? []) {
    if (!metricIdentifier) throw configError("metric control must specify 'metric_identifier'");
    if (metricIdentifier.family === '') {
      throw configError("metric identifier must specify non-empty 'family'");
    }
    if (!histogramOptions) throw configError("metric control must specify 'histogram_options'");
    if (histogramOptions.buckets.length === 0) {
      throw configError("histogram options must specify non-empty 'buckets'");
    }
  }
}
