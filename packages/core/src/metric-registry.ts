export type MetricLabels = Readonly<Record<string, string>>;

export interface MetricFamilyOptions {
  /** A Prometheus name, with its unit last. */
  readonly name: string;
  readonly description: string;
  readonly labelNames?: readonly string[];
}

export interface CounterFamily {
  /** Adds `value`, which is not negative; throws an INVALID_ARG InferError otherwise. */
  increment(labels: MetricLabels, value: number): void;
  /** Drops the series with these labels. */
  remove(labels: MetricLabels): void;
}

export interface GaugeFamily {
  set(labels: MetricLabels, value: number): void;
  increment(labels: MetricLabels, value: number): void;
  remove(labels: MetricLabels): void;
}

export interface HistogramFamily {
  observe(labels: MetricLabels, value: number): void;
  remove(labels: MetricLabels): void;
}

/**
 * The metrics of the server, exposed in the Prometheus text format. Asking again for a family of
 * the same name and kind returns the same family; another kind throws an ALREADY_EXISTS InferError.
 */
export interface MetricRegistry {
  counter(options: MetricFamilyOptions): CounterFamily;
  gauge(options: MetricFamilyOptions): GaugeFamily;
  histogram(
    options: MetricFamilyOptions & { readonly buckets: readonly number[] },
  ): HistogramFamily;
}
