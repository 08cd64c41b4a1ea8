import type { Clock } from '@nereid/core';
import { LinkedList } from './linked-list.js';
import type { Sequence } from './sequence.js';

interface Deadline {
  readonly atNs: number;
  readonly cancel: () => void;
}

export interface BacklogOptions {
  readonly clock: Clock;
  /** Called for a sequence that has waited for too long; it has left the backlog. */
  expired(sequence: Sequence): void;
}

/** The sequences that wait for a slot, first come first served. */
export class Backlog {
  readonly #options: BacklogOptions;
  readonly #sequences = new LinkedList<Sequence>();
  readonly #deadlines = new Map<Sequence, Deadline>();

  constructor(options: BacklogOptions) {
    this.#options = options;
  }

  has(sequence: Sequence): boolean {
    return sequence.backlogNode.list === this.#sequences;
  }

  /**
   * Lets the sequence wait, if it does not yet. One of its requests may wait so long, 0 for any
   * time; the shortest such time counts.
   */
  add(sequence: Sequence, timeoutUs: number): void {
    if (!this.has(sequence)) this.#sequences.append(sequence.backlogNode);
    if (timeoutUs > 0) this.#limit(sequence, timeoutUs);
  }

  /** Takes out the sequence that has waited longest. */
  shift(): Sequence | undefined {
    const first = this.#sequences.first;
    if (first) this.remove(first);
    return first;
  }

  /** Does nothing for a sequence that does not wait. */
  remove(sequence: Sequence): void {
    this.#sequences.remove(sequence.backlogNode);
    this.#deadlines.get(sequence)?.cancel();
    this.#deadlines.delete(sequence);
  }

  #limit(sequence: Sequence, timeoutUs: number): void {
    const { clock, expired } = this.#options;
    const atNs = clock.nowNs() + timeoutUs * 1000;
    const known = this.#deadlines.get(sequence);
    if (known && known.atNs <= atNs) return;
    known?.cancel();
    const cancel = clock.schedule(timeoutUs, () => {
      this.remove(sequence);
      expired(sequence);
    });
    this.#deadlines.set(sequence, { atNs, cancel });
  }
}
