import type { Sequence } from './sequence.js';

/** A place for one sequence at one instance. */
export class Slot {
  readonly instance: number;
  /** From 0 on at each instance; under the direct strategy the row of the batch. */
  readonly index: number;
  /** Orders free slots by when they became free. */
  freeSince = 0;
  sequence: Sequence | undefined;

  constructor(instance: number, index: number) {
    this.instance = instance;
    this.index = index;
  }
}
