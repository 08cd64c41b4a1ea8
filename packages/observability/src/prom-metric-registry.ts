import {
  type CounterFamily,
  type GaugeFamily,
  type HistogramFamily,
  InferError,
  type MetricFamilyOptions,
  type MetricRegistry,
  type MetricSample,
} from '@nereid/core';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  CollectedCounter,
  CollectedGauge,
  CollectedHistogram,
  CollectedSummary,
} from './collected-families.js';
import { formatFamily } from './prometheus-text.js';

type FamilyKind = Parameters<MetricRegistry['collected']>[0];

const COLLECTED = {
  counter: CollectedCounter,
  gauge: CollectedGauge,
  histogram: CollectedHistogram,
  summary: CollectedSummary,
} as const satisfies Record<FamilyKind, unknown>;

/** The server's metrics, kept by prom-client. */
export class PromMetricRegistry implements MetricRegistry {
  readonly #registry = new Registry();
  readonly #kinds = new Map<string, FamilyKind>();
  readonly #counters = new Map<string, CounterFamily>();
  readonly #gauges = new Map<string, GaugeFamily>();
  readonly #histograms = new Map<string, HistogramFamily>();

  counter(options: MetricFamilyOptions): CounterFamily {
    return getOrMake(this.#counters, options.name, () =>
      this.#register('counter', options.name, () =>
        counterFamily(new Counter(this.#promOptions(options)), options.name),
      ),
    );
  }

  gauge(options: MetricFamilyOptions): GaugeFamily {
    return getOrMake(this.#gauges, options.name, () =>
      this.#register('gauge', options.name, () =>
        gaugeFamily(new Gauge(this.#promOptions(options))),
      ),
    );
  }

  histogram(
    options: MetricFamilyOptions & { readonly buckets: readonly number[] },
  ): HistogramFamily {
    return getOrMake(this.#histograms, options.name, () =>
      this.#register('histogram', options.name, () =>
        histogramFamily(
          new Histogram({ ...this.#promOptions(options), buckets: [...options.buckets] }),
        ),
      ),
    );
  }

  collected(
    kind: FamilyKind,
    options: Omit<MetricFamilyOptions, 'labelNames'>,
    collect: () => MetricSample[] | Promise<MetricSample[]>,
  ): () => void {
    const { name } = options;
    this.#register(
      kind,
      name,
      () => new COLLECTED[kind]({ ...options, registry: this.#registry, collect }),
    );
    return () => {
      this.#kinds.delete(name);
      this.#registry.removeSingleMetric(name);
    };
  }

  /** All families that have a series, in the Prometheus text format. */
  async text(): Promise<string> {
    const families = await this.#registry.getMetricsAsJSON();
    return families
      .map(({ name, help, type, values }) =>
        // prom-client declares `type` as a numeric enum; it is a word.
        formatFamily({ name, help, type: String(type), samples: values }),
      )
      .join('');
  }

  #register<T>(kind: FamilyKind, name: string, make: () => T): T {
    const existing = this.#kinds.get(name);
    if (existing !== undefined) {
      throw new InferError(
        'ALREADY_EXISTS',
        `metric family '${name}' already exists as a ${existing}`,
      );
    }
    const made = guarded(make);
    this.#kinds.set(name, kind);
    return made;
  }

  #promOptions({ name, description, labelNames }: MetricFamilyOptions) {
    const registers = [this.#registry];
    return { name, help: description, labelNames: [...(labelNames ?? [])], registers };
  }
}

function counterFamily(counter: Counter, name: string): CounterFamily {
  return {
    increment(labels, value) {
      if (!(value >= 0)) {
        throw new InferError('INVALID_ARG', `counter '${name}' can not be increased by ${value}`);
      }
      guarded(() => counter.inc(labels, value));
    },
    remove: (labels) => guarded(() => counter.remove(labels)),
  };
}

function gaugeFamily(gauge: Gauge): GaugeFamily {
  return {
    set: (labels, value) => guarded(() => gauge.set(labels, value)),
    increment: (labels, value) => guarded(() => gauge.inc(labels, value)),
    remove: (labels) => guarded(() => gauge.remove(labels)),
  };
}

function histogramFamily(histogram: Histogram): HistogramFamily {
  return {
    observe: (labels, value) => guarded(() => histogram.observe(labels, value)),
    remove: (labels) => guarded(() => histogram.remove(labels)),
  };
}

function getOrMake<F>(families: Map<string, F>, name: string, make: () => F): F {
  const family = families.get(name) ?? make();
  families.set(name, family);
  return family;
}

/**
 * prom-client refuses bad names, labels and values with plain errors; here they blame the caller.
 */
function guarded<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new InferError('INVALID_ARG', (cause as Error).message, { cause });
  }
}
