/** `--metrics-config`. */
export interface MetricsConfig {
  readonly counterLatencies: boolean;
  readonly histogramLatencies: boolean;
  readonly summaryLatencies: boolean;
  /** Quantile and its tolerated error. */
  readonly summaryQuantiles: readonly (readonly [number, number])[];
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

function isFraction(value: number): boolean {
  return value >= 0 && value <= 1;
}
