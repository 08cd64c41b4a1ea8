import type { MetricLabels, MetricSample, ModelConfig } from '@nereid/core';
import { FAILURE_REASONS, type InferenceCounts } from './inference-counts.js';
import {
  HISTOGRAM_FAMILIES,
  type HistogramDuration,
  type HistogramModel,
  histogramSamples,
  type LatencyHistograms,
  makeHistograms,
} from './latency-histograms.js';
import type { MetricsConfig } from './metrics-config.js';
import type { PromMetricRegistry } from './prom-metric-registry.js';
import {
  RequestSummaries,
  SUMMARY_FAMILIES,
  type SummarizedDuration,
} from './request-summaries.js';

/** What one model version contributes to the families. */
export interface InferenceSeries {
  readonly labels: MetricLabels;
  readonly counts: Readonly<InferenceCounts>;
  readonly summaries: RequestSummaries | undefined;
  readonly histograms: LatencyHistograms;
  /** Whether the model has `response_cache.enable`. */
  readonly cached: boolean;
}

/** What of a model's configuration decides its series. */
type MeasuredModel = HistogramModel & Pick<ModelConfig, 'responseCache'>;

type Read = (counts: Readonly<InferenceCounts>) => number;

/** Family name, description, and where its value comes from. */
const COUNTERS: readonly (readonly [string, string, Read])[] = [
  ['nv_inference_count', 'Batch elements inferred', (c) => c.inferenceCount],
  ['nv_inference_exec_count', 'Batches executed', (c) => c.executionCount],
  [
    'nv_inference_request_duration_us',
    'Total time from receiving successful requests to their end, in microseconds',
    (c) => toUs(c.successNs),
  ],
  [
    'nv_inference_queue_duration_us',
    'Total time successful requests waited for an instance, in microseconds',
    (c) => toUs(c.queueNs),
  ],
  [
    'nv_inference_compute_input_duration_us',
    'Total time spent gathering inputs, in microseconds',
    (c) => toUs(c.computeInputNs),
  ],
  [
    'nv_inference_compute_infer_duration_us',
    'Total time models ran, in microseconds',
    (c) => toUs(c.computeInferNs),
  ],
  [
    'nv_inference_compute_output_duration_us',
    'Total time spent scattering outputs, in microseconds',
    (c) => toUs(c.computeOutputNs),
  ],
];

/** Of models with `response_cache.enable`, whether there is a cache or not. */
const CACHE_COUNTERS: typeof COUNTERS = [
  ['nv_cache_num_hits_per_model', 'Requests the response cache answered', (c) => c.cacheHitCount],
  [
    'nv_cache_hit_duration_per_model',
    'Total time to look up the answers it had, in microseconds',
    (c) => toUs(c.cacheHitNs),
  ],
  [
    'nv_cache_num_misses_per_model',
    'Requests whose answer the response cache lacked',
    (c) => c.cacheMissCount,
  ],
  [
    'nv_cache_miss_duration_per_model',
    'Total time to look up and to store the answers it lacked, in microseconds',
    (c) => toUs(c.cacheMissNs),
  ],
];

/**
 * Triton's `nv_inference_*` families (spec §6), shared by all models of a server. Their series are
 * read from the counts of each model version when someone scrapes.
 */
export class InferenceMetrics {
  readonly #registry: PromMetricRegistry;
  readonly #config: MetricsConfig;
  readonly #series = new Set<InferenceSeries>();

  constructor(registry: PromMetricRegistry, config: MetricsConfig) {
    this.#registry = registry;
    this.#config = config;
    this.#addCounters();
    this.#addGauges();
    if (config.summaryLatencies) this.#addSummaries();
    this.#addHistograms();
  }

  /** Shows a model version's counts until `remove`. */
  add(
    labels: MetricLabels,
    counts: Readonly<InferenceCounts>,
    model: MeasuredModel,
  ): InferenceSeries {
    const { summaryLatencies, summaryQuantiles } = this.#config;
    const cached = model.responseCache?.enable ?? false;
    const summaries = summaryLatencies ? new RequestSummaries(summaryQuantiles, cached) : undefined;
    const histograms = makeHistograms(this.#config, model);
    const series = { labels, counts, summaries, histograms, cached };
    this.#series.add(series);
    return series;
  }

  remove(series: InferenceSeries): void {
    this.#series.delete(series);
  }

  #addCounters(): void {
    this.#counter('nv_inference_request_success', 'Requests answered successfully', (c) => [
      { labels: {}, value: c.successCount },
    ]);
    this.#counter('nv_inference_request_failure', 'Requests failed, by reason', (c) =>
      FAILURE_REASONS.map((reason) => ({ labels: { reason }, value: c.failureCounts[reason] })),
    );
    for (const [name, description, read] of COUNTERS) {
      this.#counter(name, description, (c) => [{ labels: {}, value: read(c) }]);
    }
    for (const [name, description, read] of CACHE_COUNTERS) {
      this.#counter(name, description, (c, cached) =>
        cached ? [{ labels: {}, value: read(c) }] : [],
      );
    }
  }

  #counter(
    name: string,
    description: string,
    read: (counts: Readonly<InferenceCounts>, cached: boolean) => MetricSample[],
  ): void {
    // Without counter_latencies Triton's counters, those of requests included, stay at 0 (spec §6).
    const factor = this.#config.counterLatencies ? 1 : 0;
    this.#registry.collected('counter', { name, description }, () =>
      this.#collect(({ labels, counts, cached }) =>
        read(counts, cached).map((sample) => ({
          labels: { ...labels, ...sample.labels },
          value: factor * sample.value,
        })),
      ),
    );
  }

  #addGauges(): void {
    this.#registry.collected(
      'gauge',
      {
        name: 'nv_inference_pending_request_count',
        description: 'Requests accepted that do not execute yet',
      },
      () => this.#collect(({ labels, counts }) => [{ labels, value: counts.pendingCount }]),
    );
    this.#registry.collected(
      'gauge',
      { name: 'nv_model_load_duration_secs', description: 'Time the load took, in seconds' },
      () =>
        this.#collect(({ labels, counts: { loadNs } }) =>
          loadNs === undefined ? [] : [{ labels, value: loadNs / 1e9 }],
        ),
    );
    // No build of this server pins memory; dashboards made for Triton still expect the two.
    for (const [part, word] of [
      ['total', 'Size'],
      ['used', 'Bytes in use'],
    ] as const) {
      const name = `nv_pinned_memory_pool_${part}_bytes`;
      this.#registry.gauge({ name, description: `${word} of the pinned memory pool` });
    }
  }

  #addSummaries(): void {
    for (const [key, name] of Object.entries(SUMMARY_FAMILIES)) {
      const duration = key as SummarizedDuration;
      const description = `Quantiles of the ${duration} time of recent requests, in microseconds`;
      this.#registry.collected('summary', { name, description }, async () => {
        const samples = this.#latestSeries().map(
          async ({ labels, summaries }) => (await summaries?.samples(duration, labels)) ?? [],
        );
        return (await Promise.all(samples)).flat();
      });
    }
  }

  #addHistograms(): void {
    for (const [key, { name, description }] of Object.entries(HISTOGRAM_FAMILIES)) {
      const duration = key as HistogramDuration;
      const collect = () => histogramSamples(duration, this.#series);
      this.#registry.collected('histogram', { name, description }, collect);
    }
  }

  /** Quantiles cannot be added up: of versions with the same labels, the latest one's show. */
  #latestSeries(): InferenceSeries[] {
    const latest = new Map<string, InferenceSeries>();
    for (const series of this.#series) latest.set(JSON.stringify(series.labels), series);
    return [...latest.values()];
  }

  /**
   * The samples of all versions. A version that is being replaced and its successor have the same
   * labels; their values are added up, so that each series appears once.
   */
  #collect(read: (series: InferenceSeries) => MetricSample[]): MetricSample[] {
    const merged = new Map<string, MetricSample>();
    for (const sample of [...this.#series].flatMap(read)) {
      const key = JSON.stringify(sample.labels);
      const value = (merged.get(key)?.value ?? 0) + sample.value;
      merged.set(key, { ...sample, value });
    }
    return [...merged.values()];
  }
}

function toUs(ns: number): number {
  return Math.floor(ns / 1000);
}
