import type { InferResponseStatistics } from '@nereid/core';

/** Responses beyond so many of one request are not told apart any more, and not counted. */
export const MAX_RESPONSE_INDEX = 1024;

/** How a response, or what stands in the place of one, came about. */
export type ResponseOutcome = 'success' | 'fail' | 'emptyResponse' | 'cancel';

/** The times of a response, in nanoseconds of the server's Clock. */
export interface ResponseTimes {
  /** When the execution began or the response before this one had been handed on. */
  readonly startNs: number;
  /** When the model handed over the response. */
  readonly outputStartNs: number;
  /** When it had been handed on to the client. */
  readonly endNs: number;
}

interface ResponseCounts {
  inferCount: number;
  inferNs: number;
  outputNs: number;
  readonly counts: Record<ResponseOutcome, number>;
  readonly durationsNs: Record<ResponseOutcome, number>;
}

/**
 * What the responses of a decoupled model took, by their index in the answer (`response_stats` of
 * the statistics extension). Counting only adds to numbers, but for the first response of an index.
 */
export class ResponseStatistics {
  readonly #byIndex: ResponseCounts[] = [];

  count(index: number, outcome: ResponseOutcome, times: ResponseTimes): void {
    if (index >= MAX_RESPONSE_INDEX) return;
    const entry = this.#entry(index);
    entry.counts[outcome] += 1;
    entry.durationsNs[outcome] += times.endNs - times.startNs;
    if (outcome !== 'success') return;
    entry.inferCount += 1;
    entry.inferNs += times.outputStartNs - times.startNs;
    entry.outputNs += times.endNs - times.outputStartNs;
  }

  snapshot(): Record<string, InferResponseStatistics> {
    return Object.fromEntries(
      this.#byIndex.map((entry, index) => [String(index), statisticsOf(entry)]),
    );
  }

  #entry(index: number): ResponseCounts {
    // Indices come in order, as a response has those before it; the loop keeps the list gapless.
    for (let next = this.#byIndex.length; next <= index; next += 1) {
      this.#byIndex.push(zeroCounts());
    }
    return this.#byIndex[index] ?? zeroCounts();
  }
}

function zeroCounts(): ResponseCounts {
  return {
    inferCount: 0,
    inferNs: 0,
    outputNs: 0,
    counts: { success: 0, fail: 0, emptyResponse: 0, cancel: 0 },
    durationsNs: { success: 0, fail: 0, emptyResponse: 0, cancel: 0 },
  };
}

function statisticsOf(entry: ResponseCounts): InferResponseStatistics {
  const of = (outcome: ResponseOutcome) => ({
    count: entry.counts[outcome],
    ns: entry.durationsNs[outcome],
  });
  return {
    computeInfer: { count: entry.inferCount, ns: entry.inferNs },
    computeOutput: { count: entry.inferCount, ns: entry.outputNs },
    success: of('success'),
    fail: of('fail'),
    emptyResponse: of('emptyResponse'),
    cancel: of('cancel'),
  };
}
