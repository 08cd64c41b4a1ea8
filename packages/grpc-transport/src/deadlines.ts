import type { TransportClock } from './server-options.js';

/** Deadlines are looked at no more often. */
const LEAST_INTERVAL_MS = 5;
/** A timer cannot wait for longer. */
const MOST_INTERVAL_MS = 0x7fff_ffff;

/** What has to be over at some time. */
export interface Deadlined {
  readonly deadlineMs: number;
  /** The time has come. */
  expire(): void;
}

/** The deadlines of all calls, with one timer for the earliest. */
export class Deadlines {
  readonly #clock: TransportClock;
  readonly #armed = new Set<Deadlined>();
  #dueMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: TransportClock) {
    this.#clock = clock;
  }

  add(call: Deadlined): void {
    this.#armed.add(call);
    if (call.deadlineMs < this.#dueMs) this.#arm(call.deadlineMs);
  }

  /** The call is over. The timer is left alone: most calls end long before their deadline. */
  remove(call: Deadlined): void {
    this.#armed.delete(call);
    if (this.#armed.size === 0) this.#disarm();
  }

  #arm(dueMs: number): void {
    this.#disarm();
    this.#dueMs = dueMs;
    const delayMs = Math.max(LEAST_INTERVAL_MS, dueMs - this.#clock.nowMs());
    this.#cancelTimer = this.#clock.after(Math.min(delayMs, MOST_INTERVAL_MS), this.#expire);
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  readonly #expire = (): void => {
    this.#disarm();
    const nowMs = this.#clock.nowMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const call of this.#armed) {
      if (call.deadlineMs > nowMs) nextMs = Math.min(nextMs, call.deadlineMs);
      else {
        this.#armed.delete(call);
        call.expire();
      }
    }
    if (nextMs < this.#dueMs) this.#arm(nextMs);
  };
}
