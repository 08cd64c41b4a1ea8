import { InferError } from '@nereid/core';

interface Waiter {
  readonly keys: ReadonlySet<string>;
  readonly start: () => void;
}

/** How many loads and unloads may wait: a client that sends them without end is refused. */
const DEFAULT_MAX_WAITING = 10_000;

/**
 * Runs tasks that name the models they touch: those that share a model run one after the other, in
 * the order they came, all others side by side. A task gets all its models at once, so that no two
 * tasks can wait for each other.
 */
export class GroupLock {
  readonly #held = new Set<string>();
  readonly #maxWaiting: number;
  #waiting: Waiter[] = [];

  constructor(maxWaiting = DEFAULT_MAX_WAITING) {
    this.#maxWaiting = maxWaiting;
  }

  async run<T>(keys: ReadonlySet<string>, task: () => Promise<T>): Promise<T> {
    await this.#acquire(keys);
    try {
      return await task();
    } finally {
      for (const key of keys) this.#held.delete(key);
      this.#advance();
    }
  }

  async #acquire(keys: ReadonlySet<string>): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new InferError('UNAVAILABLE', 'too many model loads and unloads are waiting');
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push({ keys, start: resolve });
      this.#advance();
    });
  }

  /** Starts each waiter whose models nobody holds and no earlier waiter wants. */
  #advance(): void {
    const taken = new Set(this.#held);
    this.#waiting = this.#waiting.filter(({ keys, start }) => {
      const free = [...keys].every((key) => !taken.has(key));
      for (const key of keys) taken.add(key);
      if (!free) return true;
      for (const key of keys) this.#held.add(key);
      start();
      return false;
    });
  }
}
