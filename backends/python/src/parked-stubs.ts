import type { Clock } from '@nereid/core';
import type { StubConnection } from './stub-connection.js';

/** A load goes on at once, or has failed. */
const MAX_PARKED_US = 10_000_000;

interface Parked {
  readonly stub: StubConnection;
  readonly cancel: () => void;
}

/**
 * Processes that have imported a model to complete its configuration. The first instance of the
 * load takes over, since starting Python and importing again takes longest of all.
 */
export class ParkedStubs {
  readonly #clock: Clock;
  readonly #parked = new Map<string, Parked>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  park(key: string, stub: StubConnection): void {
    this.take(key)?.kill();
    const cancel = this.#clock.schedule(MAX_PARKED_US, () => this.take(key)?.kill());
    this.#parked.set(key, { stub, cancel });
  }

  /** Undefined when there is none that lives. */
  take(key: string): StubConnection | undefined {
    const parked = this.#parked.get(key);
    if (!parked) return undefined;
    this.#parked.delete(key);
    parked.cancel();
    return parked.stub.error ? undefined : parked.stub;
  }

  async close(): Promise<void> {
    const stubs = [...this.#parked.keys()].map((key) => this.take(key));
    for (const stub of stubs) stub?.kill();
    await Promise.all(stubs.map((stub) => stub?.ended()));
  }
}
