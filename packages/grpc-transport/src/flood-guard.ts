import { ConnectionError, ERROR } from './http2-protocol.js';

/** What is cheap to send and of no use in numbers. */
export type FloodKind = 'SETTINGS' | 'PING' | 'resets' | 'empty DATA' | 'refused requests';

interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

const ALLOWANCES = {
  SETTINGS: { burst: 100, perSecond: 10 },
  // Clients measure the connection with pings while data flows; those are forgiven.
  PING: { burst: 1000, perSecond: 100 },
  // A client may give up all its calls at once.
  resets: { burst: 4096, perSecond: 200 },
  'empty DATA': { burst: 1000, perSecond: 100 },
  'refused requests': { burst: 4096, perSecond: 200 },
} as const satisfies Record<FloodKind, Allowance>;

/** Counts what a connection sends of it: a burst is allowed, and then a rate. */
export class FloodGuard {
  readonly #left: Record<FloodKind, number> = {
    SETTINGS: ALLOWANCES.SETTINGS.burst,
    PING: ALLOWANCES.PING.burst,
    resets: ALLOWANCES.resets.burst,
    'empty DATA': ALLOWANCES['empty DATA'].burst,
    'refused requests': ALLOWANCES['refused requests'].burst,
  };

  /** Throws a ConnectionError when it is too much. */
  count(kind: FloodKind): void {
    this.#left[kind] -= 1;
    if (this.#left[kind] < 0) {
      throw new ConnectionError(ERROR.ENHANCE_YOUR_CALM, `too many ${kind}`);
    }
  }

  /** The whole burst again. */
  forgive(kind: FloodKind): void {
    this.#left[kind] = ALLOWANCES[kind].burst;
  }

  /** Time has passed. */
  refill(elapsedMs: number): void {
    for (const kind of Object.keys(ALLOWANCES) as FloodKind[]) {
      const { burst, perSecond } = ALLOWANCES[kind];
      this.#left[kind] = Math.min(burst, this.#left[kind] + (perSecond * elapsedMs) / 1000);
    }
  }
}
