import {
  type CounterFamily,
  type GaugeFamily,
  type HistogramFamily,
  InferError,
  type MetricFamilyOptions,
  type MetricLabels,
  type MetricRegistry,
  type MetricSample,
} from '@nereid/core';

/** Keeps metrics in memory. A histogram is kept as the sum of what it observed. */
export class FakeMetricRegistry implements MetricRegistry {
  readonly #values = new Map<string, number>();
  readonly #collected = new Map<string, () => MetricSample[] | Promise<MetricSample[]>>();

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

  collected(
    kind: string,
    { name }: Omit<MetricFamilyOptions, 'labelNames'>,
    collect: () => MetricSample[] | Promise<MetricSample[]>,
  ): () => void {
    if (this.#collected.has(name)) {
      throw new InferError('ALREADY_EXISTS', `metric family '${name}' already exists as a ${kind}`);
    }
    this.#collected.set(name, collect);
    return () => void this.#collected.delete(name);
  }

  /** What a scrape would find of a family that is collected; undefined when there is none. */
  async samples(name: string): Promise<readonly MetricSample[] | undefined> {
    return await this.#collected.get(name)?.();
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
