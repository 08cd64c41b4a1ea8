/** What has answers to send. */
export interface Flushable {
  flush(): void;
}

/** So many answers never wait for those behind them. */
const MAX_WAITING = 16;

/**
 * Sends the answers of all connections at the end of the event loop's turn, one after the other. A
 * client that waits is woken up by the first of them, and finds the others while it is awake:
 * waking it up for each costs more than all the rest of a small request.
 */
export class WriteTurn {
  #waiting: Flushable[] = [];
  #scheduled = false;
  readonly #end = (): void => {
    this.#scheduled = false;
    this.#flushAll();
  };

  /** `output` is flushed at the end of this turn, or before. Called once until then. */
  add(output: Flushable): void {
    this.#waiting.push(output);
    if (this.#waiting.length >= MAX_WAITING) this.#flushAll();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#end);
    }
  }

  #flushAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const output of waiting) output.flush();
  }
}
