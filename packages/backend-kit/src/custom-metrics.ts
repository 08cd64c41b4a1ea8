import { InferError, type MetricRegistry, type MetricSample } from '@nereid/core';

type MetricKind = 'counter' | 'gauge' | 'histogram';

const KINDS: Readonly<Record<string, MetricKind>> = {
  COUNTER: 'counter',
  GAUGE: 'gauge',
  HISTOGRAM: 'histogram',
};

/** The kinds of metric that an operation is for. */
const OPERATION_KINDS: Readonly<Record<string, readonly MetricKind[]>> = {
  increment: ['counter', 'gauge'],
  set: ['gauge'],
  observe: ['histogram'],
  value: ['counter', 'gauge'],
};

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly buckets: readonly number[];
  readonly counts: number[];
  value: number;
  sum: number;
  uses: number;
}

interface Family {
  readonly name: string;
  readonly kind: MetricKind;
  readonly series: Map<string, Series>;
  readonly remove: () => void;
  uses: number;
}

/** What one process has made; each id is deleted on its own. */
interface Owned {
  readonly families: Map<number, Family>;
  readonly metrics: Map<number, { readonly family: Family; readonly key: string }>;
}

interface Arguments {
  readonly name: string;
  readonly description: string;
  readonly kind: string;
  readonly family: number;
  readonly metric: number;
  readonly labels: Readonly<Record<string, unknown>>;
  readonly buckets: readonly number[] | null;
  readonly value: number;
}

const COUNTERS_GROW =
  'TRITONSERVER_METRIC_KIND_COUNTER can only be incremented monotonically by non-negative values.';

/** The metrics that models make. Those of one name are the same, whichever model makes them. */
export class CustomMetrics {
  readonly #registry: Pick<MetricRegistry, 'collected'>;
  readonly #families = new Map<string, Family>();
  readonly #owned = new Map<object, Owned>();
  #nextId = 1;

  constructor(registry: Pick<MetricRegistry, 'collected'>) {
    this.#registry = registry;
  }

  /** Does one operation for `owner`, as nereid_pb_utils.host.Host.metric documents it. */
  apply(owner: object, operation: string, value: unknown): number | undefined {
    const given = value as Arguments;
    const owned = this.#ownedBy(owner);
    switch (operation) {
      case 'family':
        return this.#addFamily(owned, given);
      case 'metric':
        return this.#addMetric(owned, given);
      case 'delete':
        this.#deleteMetric(owned, given.metric);
        return undefined;
      case 'delete_family':
        this.#deleteFamily(owned, given.family);
        return undefined;
      default:
        return change(findSeries(owned, given.metric), operation, given.value);
    }
  }

  /** Deletes what is left of a process that is gone. */
  forget(owner: object): void {
    const owned = this.#owned.get(owner);
    if (!owned) return;
    this.#owned.delete(owner);
    for (const id of [...owned.metrics.keys()]) this.#deleteMetric(owned, id);
    for (const id of [...owned.families.keys()]) this.#deleteFamily(owned, id);
  }

  #ownedBy(owner: object): Owned {
    const known = this.#owned.get(owner);
    if (known) return known;
    const owned: Owned = { families: new Map(), metrics: new Map() };
    this.#owned.set(owner, owned);
    return owned;
  }

  #addFamily(owned: Owned, { name, description, kind: kindName }: Arguments): number {
    const kind = KINDS[kindName];
    if (!kind) throw new InferError('INVALID_ARG', `unknown kind of metric ${kindName}`);
    const known = this.#families.get(name);
    if (known && known.kind !== kind) {
      throw new InferError('INTERNAL', 'Family name already exists with different type');
    }
    if (name === '') throw new InferError('INVALID_ARG', 'Invalid metric name');
    // The registry does not take an empty description, as models may give.
    const family = known ?? this.#createFamily(name, description || name, kind);
    family.uses += 1;
    const id = this.#nextId++;
    owned.families.set(id, family);
    return id;
  }

  #createFamily(name: string, description: string, kind: MetricKind): Family {
    const series = new Map<string, Series>();
    const options = { name, description };
    const remove = this.#registry.collected(kind, options, () =>
      [...series.values()].flatMap((one) => samples(name, kind, one)),
    );
    const family: Family = { name, kind, series, remove, uses: 0 };
    this.#families.set(name, family);
    return family;
  }

  #addMetric(owned: Owned, given: Arguments): number {
    const family = owned.families.get(given.family);
    if (!family) throw new InferError('NOT_FOUND', 'the metric family does not exist any more');
    const labels = checkedLabels(given.labels);
    const key = JSON.stringify(Object.entries(labels).sort());
    const known = family.series.get(key);
    const series = known ?? newSeries(labels, given.buckets ?? []);
    series.uses += 1;
    family.series.set(key, series);
    const id = this.#nextId++;
    owned.metrics.set(id, { family, key });
    return id;
  }

  #deleteMetric(owned: Owned, id: number): void {
    const found = owned.metrics.get(id);
    const series = found?.family.series.get(found.key);
    if (!found || !series) return;
    owned.metrics.delete(id);
    series.uses -= 1;
    if (series.uses === 0) found.family.series.delete(found.key);
  }

  #deleteFamily(owned: Owned, id: number): void {
    const family = owned.families.get(id);
    if (!family) return;
    owned.families.delete(id);
    family.uses -= 1;
    if (family.uses > 0) return;
    family.remove();
    this.#families.delete(family.name);
  }
}

function findSeries(owned: Owned, id: number): { readonly kind: MetricKind; readonly one: Series } {
  const found = owned.metrics.get(id);
  const one = found?.family.series.get(found.key);
  if (found && one) return { kind: found.family.kind, one };
  throw new InferError('NOT_FOUND', 'the metric does not exist any more');
}

function change(
  { kind, one }: { readonly kind: MetricKind; readonly one: Series },
  operation: string,
  value: number,
): number | undefined {
  if (!OPERATION_KINDS[operation]?.includes(kind)) {
    const verb = operation.charAt(0).toUpperCase() + operation.slice(1);
    const text = `TRITONSERVER_METRIC_KIND_${kind.toUpperCase()} does not support ${verb}`;
    throw new InferError('UNSUPPORTED', text);
  }
  if (operation === 'value') return one.value;
  if (operation === 'set') one.value = value;
  else if (operation === 'observe') observe(one, value);
  else increment(one, kind, value);
  return undefined;
}

function increment(one: Series, kind: MetricKind, value: number): void {
  if (kind === 'counter' && value < 0) {
    throw new InferError('INVALID_ARG', COUNTERS_GROW);
  }
  one.value += value;
}

function observe(one: Series, value: number): void {
  const index = one.buckets.findIndex((bound) => value <= bound);
  const bucket = index < 0 ? one.buckets.length : index;
  one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
  one.sum += value;
}

function newSeries(labels: Series['labels'], buckets: readonly number[]): Series {
  const sorted = buckets.every((bound, index) => index === 0 || bound > Number(buckets[index - 1]));
  if (!sorted) throw new InferError('INVALID_ARG', 'Bucket Boundaries must be strictly sorted');
  const counts = new Array<number>(buckets.length + 1).fill(0);
  return { labels, buckets, counts, value: 0, sum: 0, uses: 0 };
}

function checkedLabels(labels: Arguments['labels']): Record<string, string> {
  for (const [name, value] of Object.entries(labels)) {
    if (!LABEL_NAME.test(name)) throw new InferError('INVALID_ARG', 'Invalid label name');
    if (typeof value !== 'string') {
      throw new InferError('INTERNAL', 'attempt to access JSON non-string as string');
    }
  }
  return labels as Record<string, string>;
}

function samples(name: string, kind: MetricKind, one: Series): MetricSample[] {
  if (kind !== 'histogram') return [{ labels: one.labels, value: one.value }];
  let count = 0;
  const buckets = [...one.buckets, Number.POSITIVE_INFINITY].map((bound, index): MetricSample => {
    count += one.counts[index] ?? 0;
    const le = Number.isFinite(bound) ? bound : '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...one.labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: one.labels, value: one.sum },
    { metricName: `${name}_count`, labels: one.labels, value: count },
  ];
}
