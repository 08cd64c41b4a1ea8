/** Lets a limited number of requests run in one step at a time; the others wait in line. */
export class StepLimiter {
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #runningCount = 0;
  #draining = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Calls `start` when it is its turn, at once if there is a free place: then it returns true. Each
   * start takes a place until `release` is called.
   */
  run(start: () => void): boolean {
    if (this.#runningCount < this.#limit) {
      this.#runningCount += 1;
      start();
      return true;
    }
    this.#waiting.add(start);
    return false;
  }

  /** Takes back what waits. Returns false when it has been started. */
  withdraw(start: () => void): boolean {
    return this.#waiting.delete(start);
  }

  /** Gives a place back. Those that wait follow one after the other, not one within the other. */
  release(): void {
    this.#runningCount -= 1;
    if (this.#draining) return;
    this.#draining = true;
    // A Set is walked in the order of insertion.
    for (const start of this.#waiting) {
      if (this.#runningCount >= this.#limit) break;
      this.#waiting.delete(start);
      this.#runningCount += 1;
      start();
    }
    this.#draining = false;
  }
}
