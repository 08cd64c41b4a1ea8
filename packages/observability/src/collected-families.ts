/**
 * Metric families whose series are made when someone looks, from numbers that are kept elsewhere.
 * They spare the hot path prom-client's hashing of labels, and each series may have its own label
 * names.
 */

import type { MetricSample } from '@nereid/core';
import { Counter, Gauge, Histogram, type Registry, Summary } from 'prom-client';

interface CollectedFamilyOptions {
  readonly name: string;
  readonly description: string;
  readonly registry: Registry;
  /** Called at each scrape. */
  collect(): MetricSample[] | Promise<MetricSample[]>;
}

export class CollectedCounter extends Counter {
  readonly #collect: CollectedFamilyOptions['collect'];

  constructor(options: CollectedFamilyOptions) {
    super(promOptions(options));
    this.#collect = options.collect;
  }

  override async get() {
    return { ...(await super.get()), values: await this.#collect() };
  }
}

export class CollectedGauge extends Gauge {
  readonly #collect: CollectedFamilyOptions['collect'];

  constructor(options: CollectedFamilyOptions) {
    super(promOptions(options));
    this.#collect = options.collect;
  }

  override async get() {
    return { ...(await super.get()), values: await this.#collect() };
  }
}

export class CollectedHistogram extends Histogram {
  readonly #collect: CollectedFamilyOptions['collect'];

  constructor(options: CollectedFamilyOptions) {
    super(promOptions(options));
    this.#collect = options.collect;
  }

  override async get() {
    return { ...(await super.get()), values: await this.#collect() };
  }
}

export class CollectedSummary extends Summary {
  readonly #collect: CollectedFamilyOptions['collect'];

  constructor(options: CollectedFamilyOptions) {
    super(promOptions(options));
    this.#collect = options.collect;
  }

  override async get() {
    return { ...(await super.get()), values: await this.#collect() };
  }
}

function promOptions({ name, description, registry }: CollectedFamilyOptions) {
  return { name, help: description, registers: [registry] };
}
