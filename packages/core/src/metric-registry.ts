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

/** One line of the text format. */
export interface MetricSample {
  /** Absent where it is the family's name; a histogram's lines have a suffix. */
  readonly metricName?: string;
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
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
  /**
   * Adds a family whose series `collect` makes anew at each scrape, from numbers kept elsewhere,
   * with any label names. Returns what removes it. Throws ALREADY_EXISTS for any name in use.
   */
  collected(
    kind: 'counter' | 'gauge' | 'histogram' | 'summary',
    options: Omit<MetricFamilyOptions, 'labelNames'>,
    collect: () => MetricSample[] | Promise<MetricSample[]>,
  ): () => void;
}
