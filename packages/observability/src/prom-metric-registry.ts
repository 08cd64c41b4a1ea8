import type {
  CounterFamily,
  GaugeFamily,
  HistogramFamily,
  MetricFamilyOptions,
  MetricRegistry,
} from '@nereid/core';

/** The server's metrics, kept by prom-client. */
export class PromMetricRegistry implements MetricRegistry {
  counter(options: MetricFamilyOptions): CounterFamily {
    throw new Error(`not written yet ${options.name}`);
  }

  gauge(options: MetricFamilyOptions): GaugeFamily {
    throw new Error(`not written yet ${options.name}`);
  }

  histogram(
    options: MetricFamilyOptions & { readonly buckets: readonly number[] },
  ): HistogramFamily {
    throw new Error(`not written yet ${options.name}`);
  }

  /** All families that have a series, in the Prometheus text format. */
  text(): Promise<string> {
    throw new Error('not written yet');
  }
}
