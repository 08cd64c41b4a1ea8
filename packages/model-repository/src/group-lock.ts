import { InferError } from '@nereid/core';

interface Waiter {
  readonly keys: ReadonlySet<string>;
  readonly start: () => void;
}

/** Loads and unloads that may wait; a client that floods the server meets this instead of its memory. */
const MAX_WAITING = 10_000;

/**
 * Runs tasks that name the models they touch: those that share a model run one after the other, in
 * the order they came, all others side by side. A task gets all its models at once, so that no two
 * tasks can wait for each other.
 */
export class GroupLock {
  readonly #held = new Set<string>();
  #waiting: Waiter[] = [];

  async run<T>(keys: ReadonlySet<string>, task: () => Promise<T>): Promise<T> {
    await this.#acquire(keys);
    try {
      return await task();
    } finally {
      for (const key of keys) this.#held.delete(key);
      this.#advance();
    }
  }

  #acquire(keys: ReadonlySet<string>): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new InferError('UNAVAILABLE', 'too many model loads and unloads are waiting');
    }
    return new Promise((resolve) => {
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
