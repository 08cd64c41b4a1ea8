/** `--metrics-config`. */
export interface MetricsConfig {
  readonly counterLatencies: boolean;
  readonly histogramLatencies: boolean;
  readonly summaryLatencies: boolean;
  /** Quantile and its tolerated error. */
  readonly summaryQuantiles: readonly (readonly [number, number])[];
  /** Nereid's own histograms of each model's request, queue and compute times. */
  readonly requestHistograms: boolean;
  /** Upper bounds of their buckets in seconds, ascending. */
  readonly requestHistogramBounds: readonly number[];
}

export const DEFAULT_METRICS_CONFIG: MetricsConfig = {
  counterLatencies: true,
  histogramLatencies: false,
  summaryLatencies: false,
  summaryQuantiles: [
    [0.5, 0.05],
    [0.9, 0.01],
    [0.95, 0.001],
    [0.99, 0.001],
    [0.999, 0.001],
  ],
  requestHistograms: false,
  requestHistogramBounds: [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ],
};

/**
 * Reads the values of `--metrics-config`, `setting=value` each; a later one wins. What cannot be
 * read is skipped and told to `warn`, as Triton does.
 */
export function parseMetricsConfig(
  values: readonly string[],
  warn: (message: string) => void,
): MetricsConfig {
  return values.reduce((config, value) => apply(config, value, warn), DEFAULT_METRICS_CONFIG);
}

function apply(
  config: MetricsConfig,
  option: string,
  warn: (message: string) => void,
): MetricsConfig {
  const [setting = '', value = ''] = option.split(/=(.*)/s);
  switch (setting) {
    case 'counter_latencies':
      return { ...config, counterLatencies: value === 'true' };
    case 'histogram_latencies':
      return { ...config, histogramLatencies: value === 'true' };
    case 'summary_latencies':
      return { ...config, summaryLatencies: value === 'true' };
    case 'summary_quantiles':
      return { ...config, summaryQuantiles: parseQuantiles(value, warn) };
    case 'request_histograms':
      return { ...config, requestHistograms: value === 'true' };
    case 'request_histogram_buckets':
      return { ...config, requestHistogramBounds: parseBounds(value, config, warn) };
    default:
      warn(`--metrics-config has no setting '${setting}'; it is ignored`);
      return config;
  }
}

/** `0.5:0.05,0.9:0.01` */
function parseQuantiles(
  text: string,
  warn: (message: string) => void,
): MetricsConfig['summaryQuantiles'] {
  return text.split(',').flatMap((pair) => {
    const [quantile = Number.NaN, error = Number.NaN] = pair.split(':').map(Number);
    if (isFraction(quantile) && isFraction(error)) return [[quantile, error] as const];
    warn(`--metrics-config summary_quantiles: '${pair}' is not 'quantile:error'; it is ignored`);
    return [];
  });
}

/** `0.001,0.01,0.1`; what is not a list of growing bounds leaves the buckets as they are. */
function parseBounds(
  text: string,
  config: MetricsConfig,
  warn: (message: string) => void,
): readonly number[] {
  const bounds = text.split(',').map((bound) => (bound.trim() === '' ? Number.NaN : Number(bound)));
  const growing = bounds.every((bound, index) => bound > (bounds[index - 1] ?? 0));
  if (growing && bounds.every(Number.isFinite)) return bounds;
  warn(
    `--metrics-config request_histogram_buckets: '${text}' is not a list of growing bounds in ` +
      'seconds; it is ignored',
  );
  return config.requestHistogramBounds;
}

function isFraction(value: number): boolean {
  return value >= 0 && value <= 1;
}
