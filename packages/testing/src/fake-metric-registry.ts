import type {
  CounterFamily,
  GaugeFamily,
  HistogramFamily,
  MetricFamilyOptions,
  MetricLabels,
  MetricRegistry,
} from '@nereid/core';

/** Keeps metrics in memory. A histogram is kept as the sum of what it observed. */
export class FakeMetricRegistry implements MetricRegistry {
  readonly #values = new Map<string, number>();

  counter(options: MetricFamilyOptions): CounterFamily {
    return this.#family(options.name);
  }

  gauge(options: MetricFamilyOptions): GaugeFamily {
    return this.#family(options.name);
  }

  histogram(options: MetricFamilyOptions): HistogramFamily {
    const { increment, remove } = this.#family(options.name);
    return { observe: increment, remove };
  }

  /** The value of one series; undefined when it was never touched or was removed. */
  value(name: string, labels: MetricLabels = {}): number | undefined {
    return this.#values.get(seriesKey(name, labels));
  }

  #family(name: string): CounterFamily & GaugeFamily {
    const values = this.#values;
    return {
      increment: (labels, value) => {
        const key = seriesKey(name, labels);
        values.set(key, (values.get(key) ?? 0) + value);
      },
      set: (labels, value) => void values.set(seriesKey(name, labels), value),
      remove: (labels) => void values.delete(seriesKey(name, labels)),
    };
  }
}

function seriesKey(name: string, labels: MetricLabels): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}
