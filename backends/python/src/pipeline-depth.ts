/** How much work may wait in a process, by what it has taken so far. */
const AHEAD_NS = 1_000_000;
const MAX_BATCHES = 32;
/** How much of the last estimate is forgotten with each quicker execution. */
const FORGETTING = 0.05;

/**
 * How many batches are sent to a process at a time. Several save wake-ups on both sides where a
 * batch takes microseconds; where it takes longer there is nothing to save, and what waits in the
 * process can no longer go to another one.
 */
export class PipelineDepth {
  #typicalNs = Number.POSITIVE_INFINITY;
  batches = 1;

  /** A slow execution counts at once, quick ones little by little. */
  executed(durationNs: number): void {
    const known = Number.isFinite(this.#typicalNs);
    const decayed = known ? this.#typicalNs + (durationNs - this.#typicalNs) * FORGETTING : 0;
    this.#typicalNs = Math.max(durationNs, decayed, 1);
    const batches = Math.floor(AHEAD_NS / this.#typicalNs);
    this.batches = Math.min(Math.max(batches, 1), MAX_BATCHES);
  }
}
