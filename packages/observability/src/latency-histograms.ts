import type { MetricSample, ModelConfig } from '@nereid/core';
import { type HistogramScale, LatencyHistogram } from './latency-histogram.js';
import type { MetricsConfig } from './metrics-config.js';

/** What a histogram observes of a request. */
export type HistogramDuration = 'firstResponse' | 'request' | 'queue' | 'compute';

interface HistogramFamily {
  readonly name: string;
  readonly description: string;
  readonly unitNs: number;
}

/** Triton's family counts in milliseconds; Nereid's own in seconds, as Prometheus wants them. */
export const HISTOGRAM_FAMILIES = {
  firstResponse: {
    name: 'nv_inference_first_response_histogram_ms',
    description: 'Time from receiving a request to its first response, in milliseconds',
    unitNs: 1e6,
  },
  request: {
    name: 'nereid_inference_request_duration_seconds',
    description: 'Time from receiving a successful request to its end, in seconds',
    unitNs: 1e9,
  },
  queue: {
    name: 'nereid_inference_queue_duration_seconds',
    description: 'Time a successful request waited for an instance, in seconds',
    unitNs: 1e9,
  },
  compute: {
    name: 'nereid_inference_compute_duration_seconds',
    description: 'Time of the execution that answered a successful request, in seconds',
    unitNs: 1e9,
  },
} as const satisfies Record<HistogramDuration, HistogramFamily>;

/** Triton's (spec §6). */
const FIRST_RESPONSE_BOUNDS_MS = [100, 500, 2000, 5000];

/** The histograms of one model version; a member is undefined where nobody asked for it. */
export type LatencyHistograms = Readonly<Partial<Record<HistogramDuration, LatencyHistogram>>>;

/** What of a model's configuration decides its histograms. */
export type HistogramModel = Pick<ModelConfig, 'modelTransactionPolicy' | 'modelMetrics'>;

/** The first responses of decoupled models only, as Triton, and Nereid's own of all models. */
export function makeHistograms(config: MetricsConfig, model: HistogramModel): LatencyHistograms {
  const make = (duration: HistogramDuration, bounds: readonly number[]) =>
    new LatencyHistogram(scaleOf(duration, bounds, model));
  const decoupled = model.modelTransactionPolicy?.decoupled ?? false;
  const first = config.histogramLatencies && decoupled;
  const bounds = config.requestHistogramBounds;
  return {
    ...(first ? { firstResponse: make('firstResponse', FIRST_RESPONSE_BOUNDS_MS) } : {}),
    ...(config.requestHistograms
      ? {
          request: make('request', bounds),
          queue: make('queue', bounds),
          compute: make('compute', bounds),
        }
      : {}),
  };
}

/**
 * The lines of one family. A model version that is being replaced and its successor have the same
 * labels; their counts are added up, unless their buckets differ: then the successor's stand.
 */
export function histogramSamples(
  duration: HistogramDuration,
  series: Iterable<{
    readonly labels: MetricSample['labels'];
    readonly histograms: LatencyHistograms;
  }>,
): MetricSample[] {
  const merged = new Map<string, { labels: MetricSample['labels']; sum: LatencyHistogram }>();
  for (const { labels, histograms } of series) {
    const histogram = histograms[duration];
    if (histogram === undefined) continue;
    const key = JSON.stringify(labels);
    const sum = new LatencyHistogram(histogram.scale);
    const earlier = merged.get(key)?.sum;
    if (earlier && hasSameBounds(earlier.scale, histogram.scale)) sum.add(earlier);
    sum.add(histogram);
    merged.set(key, { labels, sum });
  }
  const { name } = HISTOGRAM_FAMILIES[duration];
  return [...merged.values()].flatMap(({ labels, sum }) => sum.samples(name, labels));
}

/** `model_metrics` of a configuration may give a family other buckets, as in Triton. */
function scaleOf(
  duration: HistogramDuration,
  bounds: readonly number[],
  { modelMetrics }: HistogramModel,
): HistogramScale {
  const { name, unitNs } = HISTOGRAM_FAMILIES[duration];
  const control = modelMetrics?.metricControl.find(
    ({ metricIdentifier }) => metricIdentifier?.family === name,
  );
  const buckets = control?.histogramOptions?.buckets ?? [];
  return { unitNs, bounds: buckets.length > 0 ? ascending(buckets) : bounds };
}

/** Buckets need an order, and each bound may be there once. */
function ascending(bounds: readonly number[]): number[] {
  return [...new Set(bounds)].filter(Number.isFinite).sort((a, b) => a - b);
}

function hasSameBounds(a: HistogramScale, b: HistogramScale): boolean {
  return a.bounds.length === b.bounds.length && a.bounds.every((bound, i) => bound === b.bounds[i]);
}
