/**
 * The JSON bodies of every answer that is not an inference (spec §1.1, §1.8, §1.16), key by key
 * in Triton's order.
 */

import type {
  InferBatchStatistics,
  InferResponseStatistics,
  InferStatistics,
  LogSettings,
  ModelIndexEntry,
  ModelMetadata,
  ModelStatistics,
  ServerMetadata,
  SharedMemoryRegion,
  StatisticDuration,
} from '@nereid/core';

export function errorBody(message: string): string {
  return JSON.stringify({ error: message });
}

export function serverMetadataBody({ name, version, extensions }: ServerMetadata): string {
  return JSON.stringify({ name, version, extensions });
}

export function modelMetadataBody(metadata: ModelMetadata): string {
  return JSON.stringify({
    name: metadata.name,
    versions: metadata.versions.map(String),
    platform: metadata.platform,
    inputs: metadata.inputs.map(tensorMetadata),
    outputs: metadata.outputs.map(tensorMetadata),
  });
}

export function repositoryIndexBody(entries: readonly ModelIndexEntry[]): string {
  // JSON.stringify leaves out members that are undefined.
  return JSON.stringify(
    entries.map(({ name, version, state, reason }) => ({
      name,
      version: version === undefined ? undefined : String(version),
      state,
      reason: reason === '' ? undefined : reason,
    })),
  );
}

export function logSettingsBody(settings: LogSettings): string {
  return JSON.stringify({
    log_file: settings.logFile,
    log_info: settings.logInfo,
    log_warning: settings.logWarning,
    log_error: settings.logError,
    log_verbose_level: settings.logVerboseLevel,
    log_format: settings.logFormat,
  });
}

export function systemSharedMemoryBody(regions: readonly SharedMemoryRegion[]): string {
  return JSON.stringify(
    regions.map(({ name, key, offset, sizeBytes }) => ({
      name,
      key,
      offset,
      byte_size: sizeBytes,
    })),
  );
}

export function modelStatisticsBody(models: readonly ModelStatistics[]): string {
  return JSON.stringify({
    model_stats: models.map((model) => ({
      name: model.name,
      version: String(model.version),
      last_inference: model.lastInferenceMs,
      inference_count: model.inferenceCount,
      execution_count: model.executionCount,
      inference_stats: inferenceStatistics(model.inferenceStats),
      response_stats: Object.fromEntries(
        Object.entries(model.responseStats).map(([index, stats]) => [
          index,
          responseStatistics(stats),
        ]),
      ),
      batch_stats: model.batchStats.map(batchStatistics),
      memory_usage: model.memoryUsage.map(({ type, deviceId, sizeBytes }) => ({
        type,
        id: deviceId,
        byte_size: sizeBytes,
      })),
    })),
  });
}

function tensorMetadata({ name, datatype, shape }: ModelMetadata['inputs'][number]) {
  return { name, datatype, shape };
}

function duration({ count, ns }: StatisticDuration) {
  return { count, ns };
}

function inferenceStatistics(stats: InferStatistics) {
  return {
    success: duration(stats.success),
    fail: duration(stats.fail),
    queue: duration(stats.queue),
    compute_input: duration(stats.computeInput),
    compute_infer: duration(stats.computeInfer),
    compute_output: duration(stats.computeOutput),
    cache_hit: duration(stats.cacheHit),
    cache_miss: duration(stats.cacheMiss),
  };
}

function responseStatistics(stats: InferResponseStatistics) {
  return {
    compute_infer: duration(stats.computeInfer),
    compute_output: duration(stats.computeOutput),
    success: duration(stats.success),
    fail: duration(stats.fail),
    empty_response: duration(stats.emptyResponse),
    cancel: duration(stats.cancel),
  };
}

function batchStatistics(stats: InferBatchStatistics) {
  return {
    batch_size: stats.batchSize,
    compute_input: duration(stats.computeInput),
    compute_infer: duration(stats.computeInfer),
    compute_output: duration(stats.computeOutput),
  };
}
