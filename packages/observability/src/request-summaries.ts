import type { MetricSample } from '@nereid/core';
import { Summary } from 'prom-client';
import type { MetricsConfig } from './metrics-config.js';

/** The durations that are summarized, by the name of their family. */
export const SUMMARY_FAMILIES = {
  request: 'nv_inference_request_summary_us',
  queue: 'nv_inference_queue_summary_us',
  computeInput: 'nv_inference_compute_input_summary_us',
  computeInfer: 'nv_inference_compute_infer_summary_us',
  computeOutput: 'nv_inference_compute_output_summary_us',
  cacheHit: 'nv_cache_hit_summary_per_model',
  cacheMiss: 'nv_cache_miss_summary_per_model',
} as const;

export type SummarizedDuration = keyof typeof SUMMARY_FAMILIES;

const EXECUTED = ['queue', 'computeInput', 'computeInfer', 'computeOutput'] as const;

/** Triton summarizes whole requests only where no cache can answer them (spec §6). */
const DURATIONS: Readonly<Record<'cached' | 'uncached', readonly SummarizedDuration[]>> = {
  cached: [...EXECUTED, 'cacheHit', 'cacheMiss'],
  uncached: ['request', ...EXECUTED],
};

/** Quantiles cover about the last minute, in steps of a fifth of it. */
const WINDOW_SECONDS = 60;
const WINDOW_STEPS = 5;

/** Quantiles of the latest requests of one model version. Costs microseconds per request. */
export class RequestSummaries {
  readonly #summaries: ReadonlyMap<SummarizedDuration, Summary>;

  /**
   * The tolerated errors of the quantiles have no use here: the digest behind prom-client's summary
   * has a precision of its own, which is best at the ends. `cached` tells whether the model has
   * `response_cache.enable`.
   */
  constructor(quantiles: MetricsConfig['summaryQuantiles'], cached: boolean) {
    const percentiles = quantiles.map(([quantile]) => quantile);
    const durations = DURATIONS[cached ? 'cached' : 'uncached'];
    this.#summaries = new Map(
      durations.map((duration) => [duration, makeSummary(duration, percentiles)]),
    );
  }

  /** Does nothing for a duration that is not summarized for the model. */
  observe(duration: SummarizedDuration, ns: number): void {
    this.#summaries.get(duration)?.observe(ns / 1000);
  }

  /** The lines of one series, with `labels` added to each. */
  async samples(
    duration: SummarizedDuration,
    labels: Readonly<Record<string, string>>,
  ): Promise<MetricSample[]> {
    const { values } = (await this.#summaries.get(duration)?.get()) ?? { values: [] };
    return values.map((sample) => ({ ...sample, labels: { ...labels, ...sample.labels } }));
  }
}

function makeSummary(duration: SummarizedDuration, percentiles: number[]): Summary {
  return new Summary({
    name: SUMMARY_FAMILIES[duration],
    help: duration,
    percentiles,
    maxAgeSeconds: WINDOW_SECONDS,
    ageBuckets: WINDOW_STEPS,
    // It belongs to one series, not to a registry.
    registers: [],
  });
}
