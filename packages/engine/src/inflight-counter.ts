/** Counts accepted requests that are not finished. */
export class InflightCounter {
  readonly #total: InflightCounter | undefined;
  #count = 0;
  #waiters: (() => void)[] = [];

  /** Counts in `total`, too, if there is one. */
  constructor(total?: InflightCounter) {
    this.#total = total;
  }

  get count(): number {
    return this.#count;
  }

  add(): void {
    this.#count += 1;
    this.#total?.add();
  }

  remove(): void {
    this.#count -= 1;
    this.#total?.remove();
    if (this.#count > 0 || this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Resolves when nothing is in flight; at once if nothing is. */
  idle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }
}
