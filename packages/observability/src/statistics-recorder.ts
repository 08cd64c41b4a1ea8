import type { BatchTimes, Clock, MemoryUsage, ModelStatistics } from '@nereid/core';
import type { InferenceMetrics } from './inference-metrics.js';

/** How a request ended: Triton's failure reasons, and success. */
export type RequestOutcome = 'SUCCESS' | 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

export interface StatisticsRecorderOptions {
  readonly modelName: string;
  readonly modelVersion: number;
  /** `metric_tags` of the configuration. */
  readonly metricTags: Readonly<Record<string, string>>;
  readonly metrics: InferenceMetrics;
  readonly clock: Clock;
}

/** Counts what one loaded model version does, for the statistics endpoint and the metrics at once. */
export class StatisticsRecorder {
  constructor(options: StatisticsRecorderOptions) {
    throw new Error(`not written yet ${String(options)}`);
  }

  /** A request was accepted. */
  accepted(): void {
    throw new Error('not written yet');
  }

  /** An accepted request began to execute, or ended without ever executing. */
  left(): void {
    throw new Error('not written yet');
  }

  /** A request ended. `times` is undefined when it never executed. */
  ended(outcome: RequestOutcome, acceptedNs: number, times: BatchTimes | undefined): void {
    throw new Error(`not written yet ${outcome} ${acceptedNs} ${String(times)}`);
  }

  /** A batch has been executed, from `times.startNs` until now. */
  executed(batchSize: number, times: BatchTimes): void {
    throw new Error(`not written yet ${batchSize} ${String(times)}`);
  }

  /** The load that made this version took so long. */
  loaded(durationNs: number): void {
    throw new Error(`not written yet ${durationNs}`);
  }

  snapshot(memoryUsage: readonly MemoryUsage[]): ModelStatistics {
    throw new Error(`not written yet ${String(memoryUsage)}`);
  }

  /** Drops this version's metric series. */
  close(): void {
    throw new Error('not written yet');
  }
}
