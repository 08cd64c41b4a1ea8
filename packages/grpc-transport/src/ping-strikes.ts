import type { TransportLimits } from './server-options.js';

/**
 * What is too often for a client without calls, unless it may ask at any time: gRPC's two hours.
 */
const IDLE_INTERVAL_MS = 7_200_000;

/** Counts pings that come too soon after another, as gRPC's own servers do. */
export class PingStrikes {
  readonly #limits: TransportLimits;
  #lastMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(limits: TransportLimits) {
    this.#limits = limits;
  }

  /** Something was sent to the client since its last ping. */
  forgive(): void {
    this.#lastMs = Number.NEGATIVE_INFINITY;
    this.#count = 0;
  }

  /** Takes note of a ping. True when it is one too many. */
  isTooMany(nowMs: number, hasCalls: boolean): boolean {
    const { minPingIntervalMs, maxPingStrikes, keepalivePermitWithoutCalls } = this.#limits;
    const idle = !hasCalls && !keepalivePermitWithoutCalls;
    const allowedMs = this.#lastMs + (idle ? IDLE_INTERVAL_MS : minPingIntervalMs);
    this.#lastMs = nowMs;
    if (nowMs >= allowedMs) return false;
    this.#count += 1;
    return maxPingStrikes > 0 && this.#count > maxPingStrikes;
  }
}
