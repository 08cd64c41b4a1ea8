import type { Clock } from '@nereid/core';
import type { HrTime } from '@opentelemetry/api';

const NS_PER_SECOND = 1_000_000_000;

/** Turns times of the server's Clock into times of day, all by the same difference. */
export class WallClock {
  readonly #nowNs: number;
  readonly #seconds: number;
  readonly #nanos: number;

  constructor(clock: Clock) {
    const wallMs = clock.wallTimeMs();
    this.#nowNs = clock.nowNs();
    this.#seconds = Math.floor(wallMs / 1000);
    this.#nanos = Math.round((wallMs % 1000) * 1_000_000);
  }

  /** Seconds and nanoseconds apart: one number would have room for neither in full. */
  at(atNs: number): HrTime {
    const nanos = this.#nanos + Math.round(atNs - this.#nowNs);
    const carry = Math.floor(nanos / NS_PER_SECOND);
    return [this.#seconds + carry, nanos - carry * NS_PER_SECOND];
  }
}
