import type { Clock } from '@nereid/core';

interface MemoryReturnOptions {
  readonly clock: Clock;
  /** Nothing large is in use. */
  readonly idle: () => boolean;
  readonly giveBack: () => Promise<unknown>;
}

const PAUSE_US = 5_000_000;

/** Gives the memory of large tensors back when none has come for a while. */
export class MemoryReturn {
  readonly #options: MemoryReturnOptions;
  #cancel: (() => void) | undefined;
  #usedAgain = false;
  #closed = false;

  constructor(options: MemoryReturnOptions) {
    this.#options = options;
  }

  /** Called for each transfer that takes more memory than is kept. */
  used(): void {
    this.#usedAgain = true;
    if (this.#cancel === undefined && !this.#closed) this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  #schedule(): void {
    this.#usedAgain = false;
    this.#cancel = this.#options.clock.schedule(PAUSE_US, () => void this.#try());
  }

  async #try(): Promise<void> {
    if (this.#usedAgain || !this.#options.idle()) {
      this.#schedule();
      return;
    }
    try {
      await this.#options.giveBack();
    } catch {
      // The process is gone, and its memory with it.
    }
    this.#cancel = undefined;
    if (this.#usedAgain && !this.#closed) this.#schedule();
  }
}
