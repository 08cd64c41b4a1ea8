import type { TransportLimits } from './server-options.js';

/** What has happened on a connection since the last look at it. */
export interface ConnectionActivity {
  readonly received: boolean;
  readonly dataSent: boolean;
  readonly hasCalls: boolean;
}

/** Decides when a silent client is asked whether it is there, and when it is taken for gone. */
export class Keepalive {
  readonly #limits: TransportLimits;
  #lastHeardMs: number;
  #askedMs: number | undefined;
  #pingsWithoutData = 0;

  constructor(limits: TransportLimits, nowMs: number) {
    this.#limits = limits;
    this.#lastHeardMs = nowMs;
  }

  /** To be called now and then, and to be obeyed. */
  look(
    nowMs: number,
    { received, dataSent, hasCalls }: ConnectionActivity,
  ): 'ping' | 'gone' | undefined {
    const { keepaliveTimeMs, keepaliveTimeoutMs, keepalivePermitWithoutCalls } = this.#limits;
    if (received) {
      this.#lastHeardMs = nowMs;
      this.#askedMs = undefined;
    }
    if (dataSent) this.#pingsWithoutData = 0;
    if (this.#askedMs !== undefined) {
      return nowMs - this.#askedMs >= keepaliveTimeoutMs ? 'gone' : undefined;
    }
    const silent = keepaliveTimeMs > 0 && nowMs - this.#lastHeardMs >= keepaliveTimeMs;
    const mayAsk = hasCalls || keepalivePermitWithoutCalls;
    if (!silent || !mayAsk || this.#pingsSpent()) return undefined;
    this.#pingsWithoutData += 1;
    this.#askedMs = nowMs;
    return 'ping';
  }

  #pingsSpent(): boolean {
    const most = this.#limits.maxPingsWithoutData;
    return most > 0 && this.#pingsWithoutData >= most;
  }
}
