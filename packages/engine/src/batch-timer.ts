import type { BatchTimes, Clock, ComputeTimer, ResponseSink } from '@nereid/core';

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
  /** The instance refers to no inputs of requests that have ended. */
  readonly #copiesInputs: boolean;
  #executed = false;
  /** Who waits for the end of the execution to use the memory of inputs again. */
  #waiting: ResponseSink[] | undefined;

  constructor(clock: Clock, copiesInputs = false, startNs = clock.nowNs()) {
    this.#clock = clock;
    this.#copiesInputs = copiesInputs;
    this.startNs = startNs;
  }

  /** A request has been answered whose inputs nobody but the instance refers to. */
  answered(sink: ResponseSink): void {
    if (!this.#copiesInputs || !sink.released) return;
    if (this.#executed) sink.released();
    else if (this.#waiting) this.#waiting.push(sink);
    else this.#waiting = [sink];
  }

  /** The instance is done with the batch, but for late answers. */
  executed(): void {
    this.#executed = true;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) for (const sink of waiting) sink.released?.();
  }

  inputEnd(atNs = this.#clock.nowNs()): void {
    this.inputEndNs = atNs;
  }

  outputStart(atNs = this.#clock.nowNs()): void {
    this.outputStartNs = atNs;
  }
}
