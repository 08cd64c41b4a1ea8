import type { FinishedTrace, TraceSettings } from '@nereid/core';
import type { TraceFile } from './trace-file.js';
import { traceJson } from './trace-json.js';

/** Characters of finished traces that are kept back at most. */
const MAX_KEPT_LENGTH = 4 * 1024 * 1024;

/** Takes the traces that are made by one setting. */
export interface TraceCollector {
  /** Called once for each sampled request; undefined when there is nothing to tell of it. */
  add(trace: FinishedTrace | undefined): void;
  /** Called once: no more traces come. */
  end(): void;
}

/**
 * Gathers traces for files: each `logFrequency` traces make one; with 0, all do, when the count is
 * used up or no more come. Large ones are written sooner.
 */
export class FileTraceCollector implements TraceCollector {
  readonly #file: TraceFile;
  readonly #logFrequency: number;
  /** How many requests will be sampled; -1: who knows. */
  readonly #count: number;
  #addedCount = 0;
  #kept: string[] = [];
  #keptLength = 0;

  constructor(
    file: TraceFile,
    { logFrequency, count }: Pick<TraceSettings, 'logFrequency' | 'count'>,
  ) {
    this.#file = file;
    this.#logFrequency = logFrequency;
    this.#count = count;
  }

  add(trace: FinishedTrace | undefined): void {
    this.#addedCount += 1;
    if (trace !== undefined) {
      const text = traceJson(trace.root);
      this.#kept.push(text);
      this.#keptLength += text.length;
    }
    if (this.#kept.length === 0) return;
    const full = this.#kept.length === this.#logFrequency;
    if (full || this.#addedCount === this.#count) this.#file.writeNumbered(this.#take());
    else if (this.#keptLength > MAX_KEPT_LENGTH) this.#write();
  }

  end(): void {
    if (this.#kept.length > 0) this.#write();
  }

  #write(): void {
    if (this.#logFrequency > 0) this.#file.writeNumbered(this.#take());
    else this.#file.append(this.#take());
  }

  #take(): string {
    const text = this.#kept.join(',');
    this.#kept = [];
    this.#keptLength = 0;
    return text;
  }
}
