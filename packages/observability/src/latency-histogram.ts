import type { MetricSample } from '@nereid/core';

/** How a family of histograms counts: in which unit it shows durations, and within which bounds. */
export interface HistogramScale {
  /** Nanoseconds of one unit. */
  readonly unitNs: number;
  /** Upper bounds of the buckets in units, ascending; that of the last, +Inf, is left out. */
  readonly bounds: readonly number[];
}

/** Counts durations by their size. To observe one only adds to numbers that are there already. */
export class LatencyHistogram {
  readonly scale: HistogramScale;
  readonly #boundsNs: readonly number[];
  /** Durations within each bound and above the one before it; the last are above all bounds. */
  readonly #counts: number[];
  #sumNs = 0;

  constructor(scale: HistogramScale) {
    this.scale = scale;
    this.#boundsNs = scale.bounds.map((bound) => bound * scale.unitNs);
    this.#counts = new Array<number>(scale.bounds.length + 1).fill(0);
  }

  observe(ns: number): void {
    const bounds = this.#boundsNs;
    let index = 0;
    let end = bounds.length;
    while (index < end) {
      const middle = (index + end) >> 1;
      if (ns > (bounds[middle] ?? 0)) index = middle + 1;
      else end = middle;
    }
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sumNs += ns;
  }

  /** Adds what `other`, of the same scale, has counted. */
  add(other: LatencyHistogram): void {
    for (const [index, count] of other.#counts.entries()) {
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
    }
    this.#sumNs += other.#sumNs;
  }

  /** The lines of one series of the family `name`. */
  samples(name: string, labels: MetricSample['labels']): MetricSample[] {
    let total = 0;
    const bounds = [...this.scale.bounds, Number.POSITIVE_INFINITY];
    const buckets = bounds.map((bound, index) => {
      total += this.#counts[index] ?? 0;
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound;
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sumNs / this.scale.unitNs },
      { metricName: `${name}_count`, labels, value: total },
    ];
  }
}
