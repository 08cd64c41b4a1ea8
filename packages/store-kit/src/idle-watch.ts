import type { Clock } from '@nereid/core';

/** Aborts its signal when `touch` was not called for a time. */
export class IdleWatch {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #limitMs: number;
  #lastNs: number;
  #cancel: () => void;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#lastNs = clock.nowNs();
    this.#cancel = this.#wait(limitMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Cheap: the timer is not moved, it looks at the time of the last call when it fires. */
  touch(): void {
    this.#lastNs = this.#clock.nowNs();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(delayMs: number): () => void {
    return this.#clock.schedule(delayMs * 1000, () => this.#look());
  }

  #look(): void {
    const leftMs = this.#limitMs - (this.#clock.nowNs() - this.#lastNs) / 1e6;
    if (leftMs > 0) this.#cancel = this.#wait(leftMs);
    else this.#controller.abort(new Error(`no data came for ${this.#limitMs / 1000} s`));
  }
}
