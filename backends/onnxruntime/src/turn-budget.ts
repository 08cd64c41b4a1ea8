/** After so much of the calling thread's time, what else waits there gets its turn. */
const BUDGET_NS = 2_000_000;
/** Time after which something else had its turn in any case. */
const WINDOW_NS = 20_000_000;

/**
 * Keeps executions on the calling thread from following each other for too long: one read from a
 * connection may bring hundreds of requests. Shared by all models.
 */
export class TurnBudget {
  #windowStartNs = 0;
  #spentNs = 0;

  /** True when the next execution has to wait for `nextTurn`. */
  get exhausted(): boolean {
    return this.#spentNs >= BUDGET_NS;
  }

  spend(startNs: number, endNs: number): void {
    if (startNs - this.#windowStartNs > WINDOW_NS) {
      this.#windowStartNs = startNs;
      this.#spentNs = 0;
    }
    this.#spentNs += endNs - startNs;
  }

  /** Resolves when everything that waits for the calling thread has been seen to. */
  nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#windowStartNs = 0;
        this.#spentNs = 0;
        resolve();
      });
    });
  }
}
