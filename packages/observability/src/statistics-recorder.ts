import type {
  BatchTimes,
  Clock,
  InferBatchStatistics,
  MemoryUsage,
  ModelConfig,
  ModelStatistics,
} from '@nereid/core';
import { computeDurations } from './compute-durations.js';
import {
  FAILURE_REASONS,
  type FailureReason,
  type InferenceCounts,
  zeroCounts,
} from './inference-counts.js';
import type { InferenceMetrics, InferenceSeries } from './inference-metrics.js';
import {
  type ResponseOutcome,
  ResponseStatistics,
  type ResponseTimes,
} from './response-statistics.js';

/** How a request ended: Triton's failure reasons, and success. */
export type RequestOutcome = 'SUCCESS' | FailureReason;

export interface StatisticsRecorderOptions {
  readonly modelName: string;
  readonly modelVersion: number;
  /** A label of the metrics; none where it is empty. */
  readonly namespace?: string;
  readonly config: Pick<
    ModelConfig,
    'metricTags' | 'modelTransactionPolicy' | 'modelMetrics' | 'responseCache'
  >;
  readonly metrics: InferenceMetrics;
  readonly clock: Clock;
}

interface BatchCounts {
  readonly batchSize: number;
  executionCount: number;
  inputNs: number;
  inferNs: number;
  outputNs: number;
}

/**
 * Counts what one loaded model version does, for the statistics endpoint and the metrics at once.
 */
export class StatisticsRecorder {
  readonly #name: string;
  readonly #version: number;
  readonly #metrics: InferenceMetrics;
  readonly #series: InferenceSeries;
  readonly #clock: Clock;
  readonly #counts: InferenceCounts = zeroCounts();
  readonly #responses = new ResponseStatistics();
  readonly #batches = new Map<number, BatchCounts>();
  #lastInferenceMs = 0;

  constructor(options: StatisticsRecorderOptions) {
    this.#name = options.modelName;
    this.#version = options.modelVersion;
    this.#metrics = options.metrics;
    this.#clock = options.clock;
    this.#series = options.metrics.add(labelsOf(options), this.#counts, options.config);
  }

  /** A request was accepted. */
  accepted(): void {
    this.#counts.pendingCount += 1;
  }

  /** An accepted request began to execute, or ended without ever executing. */
  left(): void {
    this.#counts.pendingCount -= 1;
  }

  /** A request ended. `times` is undefined when it never executed. */
  ended(outcome: RequestOutcome, acceptedNs: number, times: BatchTimes | undefined): void {
    const nowNs = this.#clock.nowNs();
    this.#lastInferenceMs = this.#clock.wallTimeMs();
    if (outcome !== 'SUCCESS') {
      this.#counts.failureCounts[outcome] += 1;
      this.#counts.failNs += nowNs - acceptedNs;
      return;
    }
    this.#counts.successCount += 1;
    this.#counts.successNs += nowNs - acceptedNs;
    this.#series.summaries?.observe('request', nowNs - acceptedNs);
    this.#series.histograms.request?.observe(nowNs - acceptedNs);
    if (times) this.#computed(acceptedNs, times, nowNs);
  }

  /** The first response of a request to a decoupled model has come. */
  firstResponse(acceptedNs: number, nowNs: number): void {
    this.#series.histograms.firstResponse?.observe(nowNs - acceptedNs);
  }

  /** The response of that index to a decoupled model's request was sent, or will never be. */
  responded(index: number, outcome: ResponseOutcome, times: ResponseTimes): void {
    this.#responses.count(index, outcome, times);
  }

  /**
   * A batch has been executed, from `times.startNs` until now. `failedCount` of its `batchSize`
   * elements belong to requests that failed and do not count as inferences.
   */
  executed(batchSize: number, times: BatchTimes, failedCount = 0): void {
    const nowNs = this.#clock.nowNs();
    this.#counts.executionCount += 1;
    this.#counts.inferenceCount += batchSize - failedCount;
    const batch = this.#batch(batchSize);
    const { inputNs, inferNs, outputNs } = computeDurations(times, nowNs);
    batch.executionCount += 1;
    batch.inputNs += inputNs;
    batch.inferNs += inferNs;
    batch.outputNs += outputNs;
  }

  /** The response cache has answered a request, which did not wait for an instance. */
  cacheHit(lookupNs: number): void {
    this.#counts.cacheHitCount += 1;
    this.#counts.cacheHitNs += lookupNs;
    this.#series.summaries?.observe('cacheHit', lookupNs);
    this.#series.summaries?.observe('queue', 0);
  }

  /** The response cache lacked an answer, and has taken it if there was one. */
  cacheMiss(lookupAndInsertionNs: number): void {
    this.#counts.cacheMissCount += 1;
    this.#counts.cacheMissNs += lookupAndInsertionNs;
    this.#series.summaries?.observe('cacheMiss', lookupAndInsertionNs);
  }

  /** The load that made this version took so long. */
  loaded(durationNs: number): void {
    this.#counts.loadNs = durationNs;
  }

  snapshot(memoryUsage: readonly MemoryUsage[]): ModelStatistics {
    const counts = this.#counts;
    const compute = (ns: number) => ({ count: counts.computeCount, ns });
    const failCount = FAILURE_REASONS.reduce(
      (sum, reason) => sum + counts.failureCounts[reason],
      0,
    );
    return {
      name: this.#name,
      version: this.#version,
      lastInferenceMs: Math.floor(this.#lastInferenceMs),
      inferenceCount: counts.inferenceCount,
      executionCount: counts.executionCount,
      inferenceStats: {
        success: { count: counts.successCount, ns: counts.successNs },
        fail: { count: failCount, ns: counts.failNs },
        // Triton counts every success here, also those that never waited.
        queue: { count: counts.successCount, ns: counts.queueNs },
        computeInput: compute(counts.computeInputNs),
        computeInfer: compute(counts.computeInferNs),
        computeOutput: compute(counts.computeOutputNs),
        cacheHit: { count: counts.cacheHitCount, ns: counts.cacheHitNs },
        cacheMiss: { count: counts.cacheMissCount, ns: counts.cacheMissNs },
      },
      responseStats: this.#responses.snapshot(),
      batchStats: batchStatistics(this.#batches),
      memoryUsage,
    };
  }

  /** Drops this version's metric series. */
  close(): void {
    this.#metrics.remove(this.#series);
  }

  #computed(acceptedNs: number, times: BatchTimes, nowNs: number): void {
    const counts = this.#counts;
    const queueNs = times.startNs - acceptedNs;
    const { inputNs, inferNs, outputNs } = computeDurations(times, nowNs);
    counts.computeCount += 1;
    counts.queueNs += queueNs;
    counts.computeInputNs += inputNs;
    counts.computeInferNs += inferNs;
    counts.computeOutputNs += outputNs;
    const { summaries, histograms } = this.#series;
    histograms.queue?.observe(queueNs);
    histograms.compute?.observe(inputNs + inferNs + outputNs);
    if (!summaries) return;
    summaries.observe('queue', queueNs);
    summaries.observe('computeInput', inputNs);
    summaries.observe('computeInfer', inferNs);
    summaries.observe('computeOutput', outputNs);
  }

  #batch(batchSize: number): BatchCounts {
    let batch = this.#batches.get(batchSize);
    if (!batch) {
      batch = { batchSize, executionCount: 0, inputNs: 0, inferNs: 0, outputNs: 0 };
      this.#batches.set(batchSize, batch);
    }
    return batch;
  }
}

/**
 * `model`, `version` and one `_<key>` per metric tag. What Prometheus allows in no label name
 * becomes an underscore.
 */
function labelsOf(options: StatisticsRecorderOptions): Record<string, string> {
  const labels: Record<string, string> = {
    model: options.modelName,
    version: String(options.modelVersion),
  };
  if (options.namespace) labels['namespace'] = options.namespace;
  for (const [key, value] of Object.entries(options.config.metricTags)) {
    labels[`_${key.replace(/[^A-Za-z0-9_]/g, '_')}`] = value;
  }
  return labels;
}

function batchStatistics(batches: ReadonlyMap<number, BatchCounts>): InferBatchStatistics[] {
  return [...batches.values()]
    .sort((a, b) => a.batchSize - b.batchSize)
    .map(({ batchSize, executionCount: count, inputNs, inferNs, outputNs }) => ({
      batchSize,
      computeInput: { count, ns: inputNs },
      computeInfer: { count, ns: inferNs },
      computeOutput: { count, ns: outputNs },
    }));
}
