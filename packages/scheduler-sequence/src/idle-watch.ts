import type { Clock } from '@nereid/core';
import { LinkedList } from './linked-list.js';
import type { Sequence } from './sequence.js';

export interface IdleWatchOptions {
  readonly clock: Clock;
  readonly maxIdleUs: number;
  /** Called for a sequence that has been idle for too long; it is not watched any more. */
  expired(sequence: Sequence): void;
}

/**
 * Finds sequences whose client has gone silent. All share one timer, and those that were active
 * last stand last, so that watching costs a request the same however many there are.
 */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #maxIdleNs: number;
  readonly #sequences = new LinkedList<Sequence>();
  #cancelTimer: (() => void) | undefined;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#maxIdleNs = options.maxIdleUs * 1000;
  }

  /** Something happened in the sequence: its idle time begins anew. */
  touch(sequence: Sequence): void {
    const { clock, maxIdleUs } = this.#options;
    sequence.activeNs = clock.nowNs();
    this.#sequences.remove(sequence.idleNode);
    this.#sequences.append(sequence.idleNode);
    this.#cancelTimer ??= clock.schedule(maxIdleUs, () => this.#look());
  }

  forget(sequence: Sequence): void {
    this.#sequences.remove(sequence.idleNode);
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #look(): void {
    this.#cancelTimer = undefined;
    const { clock, expired } = this.#options;
    const nowNs = clock.nowNs();
    let oldest = this.#sequences.first;
    while (oldest && oldest.activeNs + this.#maxIdleNs <= nowNs) {
      this.#sequences.remove(oldest.idleNode);
      if (oldest.idle) expired(oldest);
      // A sequence that waits or executes is not idle, however long that takes.
      else this.touch(oldest);
      oldest = this.#sequences.first;
    }
    if (!oldest || this.#cancelTimer) return;
    const delayUs = (oldest.activeNs + this.#maxIdleNs - nowNs) / 1000;
    this.#cancelTimer = clock.schedule(delayUs, () => this.#look());
  }
}
