import type { MemoryUsage } from './backend.js';

export interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

export interface InferBatchStatistics {
  readonly batchSize: number;
  readonly computeInput: StatisticDuration;
  readonly computeInfer: StatisticDuration;
  readonly computeOutput: StatisticDuration;
}

export interface InferResponseStatistics {
  readonly computeInfer: StatisticDuration;
  readonly computeOutput: StatisticDuration;
  readonly success: StatisticDuration;
  readonly fail: StatisticDuration;
  readonly emptyResponse: StatisticDuration;
  readonly cancel: StatisticDuration;
}

export interface InferStatistics {
  readonly success: StatisticDuration;
  readonly fail: StatisticDuration;
  readonly queue: StatisticDuration;
  readonly computeInput: StatisticDuration;
  readonly computeInfer: StatisticDuration;
  readonly computeOutput: StatisticDuration;
  readonly cacheHit: StatisticDuration;
  readonly cacheMiss: StatisticDuration;
}

/** What one model version has done since it was loaded (Triton's statistics extension). */
export interface ModelStatistics {
  readonly name: string;
  readonly version: number;
  /** Milliseconds since 1970 of the last request; 0 before the first. */
  readonly lastInferenceMs: number;
  /** Batch elements inferred, without cache hits. */
  readonly inferenceCount: number;
  /** Model executions. */
  readonly executionCount: number;
  readonly inferenceStats: InferStatistics;
  /** Keyed by the response's index, for decoupled models. */
  readonly responseStats: Readonly<Record<string, InferResponseStatistics>>;
  readonly batchStats: readonly InferBatchStatistics[];
  readonly memoryUsage: readonly MemoryUsage[];
}
