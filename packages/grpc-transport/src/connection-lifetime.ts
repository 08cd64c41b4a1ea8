import { Keepalive } from './keepalive.js';
import type { TransportLimits } from './server-options.js';

/** How far the age limit of a connection differs from the setting, so that not all end at once. */
const AGE_JITTER = 0.1;

/** What a look at a connection finds. */
export interface ConnectionState {
  readonly nowMs: number;
  /**
   * Whether anything was received, anything useful was sent, the system took a write, since the
   * last look.
   */
  readonly received: boolean;
  readonly dataSent: boolean;
  readonly written: boolean;
  readonly hasCalls: boolean;
  /** Whether something waits to be taken by the client. */
  readonly backlogged: boolean;
  /** Whether the handshake, a frame or a header block has begun and not ended. */
  readonly unfinished: boolean;
}

export type LifetimeVerdict =
  | 'ping'
  | 'drain for age'
  | 'drain for idleness'
  | 'destroy'
  | undefined;

/** Decides how long a connection may live: by its age, and by what its client does. */
export class ConnectionLifetime {
  readonly #limits: TransportLimits;
  readonly #keepalive: Keepalive;
  readonly #oldAtMs: number;
  readonly #endAtMs: number;
  #unfinishedSinceMs: number | undefined;
  #stalledSinceMs: number | undefined;
  #idleSinceMs: number | undefined;

  constructor(limits: TransportLimits, nowMs: number) {
    this.#limits = limits;
    this.#keepalive = new Keepalive(limits, nowMs);
    const { maxConnectionAgeMs, maxConnectionAgeGraceMs } = limits;
    const jitter = 1 + AGE_JITTER * (2 * Math.random() - 1);
    this.#oldAtMs = nowMs + (maxConnectionAgeMs * jitter || Number.POSITIVE_INFINITY);
    this.#endAtMs = this.#oldAtMs + (maxConnectionAgeGraceMs || Number.POSITIVE_INFINITY);
  }

  /** To be called now and then, and to be obeyed. */
  look(state: ConnectionState): LifetimeVerdict {
    if (this.#isStuck(state)) return 'destroy';
    if (state.nowMs >= this.#endAtMs) return 'destroy';
    if (state.nowMs >= this.#oldAtMs) return 'drain for age';
    if (this.#isIdle(state)) return 'drain for idleness';
    const verdict = this.#keepalive.look(state.nowMs, state);
    return verdict === 'gone' ? 'destroy' : verdict;
  }

  #isStuck({ nowMs, received, unfinished, backlogged, written }: ConnectionState): boolean {
    const { handshakeTimeoutMs, writeTimeoutMs } = this.#limits;
    const arriving = unfinished && !received;
    this.#unfinishedSinceMs = arriving ? (this.#unfinishedSinceMs ?? nowMs) : undefined;
    const stalled = backlogged && !written;
    this.#stalledSinceMs = stalled ? (this.#stalledSinceMs ?? nowMs) : undefined;
    return (
      isOver(this.#unfinishedSinceMs, handshakeTimeoutMs, nowMs) ||
      isOver(this.#stalledSinceMs, writeTimeoutMs, nowMs)
    );
  }

  #isIdle({ nowMs, hasCalls }: ConnectionState): boolean {
    const { maxConnectionIdleMs } = this.#limits;
    this.#idleSinceMs = hasCalls ? undefined : (this.#idleSinceMs ?? nowMs);
    return maxConnectionIdleMs > 0 && isOver(this.#idleSinceMs, maxConnectionIdleMs, nowMs);
  }
}

function isOver(sinceMs: number | undefined, limitMs: number, nowMs: number): boolean {
  return sinceMs !== undefined && nowMs - sinceMs >= limitMs;
}

/** How often connections have to be looked at for these limits. */
export function lookIntervalMs(limits: TransportLimits): number {
  const times = [
    limits.handshakeTimeoutMs,
    limits.writeTimeoutMs,
    limits.keepaliveTimeMs,
    limits.keepaliveTimeoutMs,
    limits.maxConnectionAgeMs,
    limits.maxConnectionAgeGraceMs,
    limits.maxConnectionIdleMs,
  ].filter((timeMs) => timeMs > 0);
  return Math.max(20, Math.min(1000, Math.min(...times) / 4));
}
