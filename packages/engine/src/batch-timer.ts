import type { BatchTimes, Clock, ComputeTimer } from '@nereid/core';

/** The times of one execution, and what has become of its requests. */
export class BatchTimer implements ComputeTimer, BatchTimes {
  readonly startNs: number;
  inputEndNs = 0;
  outputStartNs = 0;
  /** Requests of the server that began to execute with this batch and are not finished. */
  unfinishedCount = 0;
  /** The batch sizes of those that have failed, summed up. */
  failedSize = 0;
  /** Called when all have finished, if the execution ended before that. */
  allFinished: (() => void) | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startNs = clock.nowNs();
  }

  inputEnd(atNs = this.#clock.nowNs()): void {
    this.inputEndNs = atNs;
  }

  outputStart(atNs = this.#clock.nowNs()): void {
    this.outputStartNs = atNs;
  }
}
