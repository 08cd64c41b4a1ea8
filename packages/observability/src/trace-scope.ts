import type { FinishedTrace, TraceSettings } from '@nereid/core';
import type { TraceCollector } from './trace-collector.js';
import { FILE_MODE, type OwnTraceSettings } from './trace-settings.js';

/** Settings in force, for one model or for all that have none of their own, and their counters. */
export class TraceScope {
  /** What was set here, in contrast to what comes from elsewhere. */
  readonly own: OwnTraceSettings;
  /** No request can be traced, whatever it comes with. */
  readonly off: boolean;
  readonly #settings: TraceSettings;
  readonly #collector: TraceCollector;
  /** Requests until the next one that is traced. */
  #untilNext: number;
  #count: number;
  /** Traces that have begun and not ended. */
  #openCount = 0;
  #retired = false;

  constructor(own: OwnTraceSettings, settings: TraceSettings, collector: TraceCollector) {
    this.own = own;
    this.off =
      settings.levels.length === 0 || (settings.mode === FILE_MODE && settings.file === '');
    this.#settings = settings;
    this.#collector = collector;
    this.#untilNext = settings.rate;
    this.#count = settings.count;
  }

  get settings(): TraceSettings {
    return { ...this.#settings, count: this.#count };
  }

  get levels(): TraceSettings['levels'] {
    return this.#settings.levels;
  }

  /**
   * Counts a request and tells whether it is to be traced; one that is `forced` is, in any case.
   * For each true, `finished` is called later.
   */
  sample(forced: boolean): boolean {
    if (this.off) return false;
    const sampled = this.#isNext() || forced;
    if (sampled) this.#openCount += 1;
    return sampled;
  }

  finished(trace: FinishedTrace | undefined): void {
    this.#collector.add(trace);
    this.#openCount -= 1;
    this.#endIfDone();
  }

  /** Other settings have taken the place of these. */
  retire(): void {
    this.#retired = true;
    this.#endIfDone();
  }

  /** Whether the rate has come round to the request, and the count is not used up. */
  #isNext(): boolean {
    if (this.#count === 0 || this.#settings.rate === 0) return false;
    this.#untilNext -= 1;
    if (this.#untilNext > 0) return false;
    this.#untilNext = this.#settings.rate;
    if (this.#count > 0) this.#count -= 1;
    return true;
  }

  #endIfDone(): void {
    if (this.#retired && this.#openCount === 0) this.#collector.end();
  }
}
