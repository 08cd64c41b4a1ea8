import type { BatchTimes, Clock, InferError, ModelResponse } from '@nereid/core';
import type { StatisticsRecorder } from '@nereid/observability';

export interface ResponseScope {
  /** False where only the time of the first response counts. */
  readonly countsResponses?: boolean;
  readonly recorder: Pick<StatisticsRecorder, 'firstResponse' | 'responded'>;
  readonly clock: Clock;
}

/**
 * Counts the responses to one request of a decoupled model, by their index. One object per request;
 * a response costs two looks at the clock.
 */
export class ResponseRecord {
  readonly #scope: ResponseScope;
  readonly #acceptedNs: number;
  #index = 0;
  /** When the last response had been handed on; 0 before the first. */
  #lastNs = 0;
  #final = false;

  constructor(scope: ResponseScope, acceptedNs: number) {
    this.#scope = scope;
    this.#acceptedNs = acceptedNs;
  }

  /** The model handed over a response at `outputStartNs`; it has been handed on now. */
  responded(response: ModelResponse, times: BatchTimes | undefined, outputStartNs: number): void {
    const { recorder } = this.#scope;
    if (this.#index === 0) recorder.firstResponse(this.#acceptedNs, outputStartNs);
    if (response.final) this.#final = true;
    const filled = response.outputs.length > 0 ? 'success' : 'emptyResponse';
    this.#count(response.error ? 'fail' : filled, times, outputStartNs);
  }

  /** The request ended. What comes instead of a last response has an index of its own. */
  ended(failure: InferError | undefined, times: BatchTimes | undefined): void {
    if (!times || (!failure && this.#final)) return;
    const nowNs = this.#scope.clock.nowNs();
    if (!failure) this.#count('emptyResponse', times, nowNs);
    else this.#count(failure.code === 'CANCELLED' ? 'cancel' : 'fail', times, nowNs);
  }

  #count(
    outcome: Parameters<ResponseScope['recorder']['responded']>[1],
    times: BatchTimes | undefined,
    outputStartNs: number,
  ): void {
    if (this.#scope.countsResponses === false) {
      this.#index += 1;
      return;
    }
    const endNs = this.#scope.clock.nowNs();
    const startNs = this.#lastNs || (times?.startNs ?? this.#acceptedNs);
    this.#scope.recorder.responded(this.#index, outcome, { startNs, outputStartNs, endNs });
    this.#index += 1;
    this.#lastNs = endNs;
  }
}
