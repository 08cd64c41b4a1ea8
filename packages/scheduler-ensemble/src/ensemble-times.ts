import type { BatchTimes, ComputeDurations } from '@nereid/core';

/** What a request to an ensemble took: its phases are the sums over its steps. */
export class EnsembleTimes implements BatchTimes {
  readonly startNs: number;
  readonly inputEndNs = 0;
  readonly outputStartNs = 0;
  readonly durations = { inputNs: 0, inferNs: 0, outputNs: 0 };

  constructor(startNs: number) {
    this.startNs = startNs;
  }

  add({ inputNs, inferNs, outputNs }: ComputeDurations): void {
    this.durations.inputNs += inputNs;
    this.durations.inferNs += inferNs;
    this.durations.outputNs += outputNs;
  }
}
