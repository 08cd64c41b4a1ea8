import { createHmac, randomBytes } from 'node:crypto';
import type { AccessDecision, ApiCategory, Authorizer, Clock } from '@nereid/core';
import type { RemoteCalls } from './remote-calls.js';

/** A decision counts for so long; the server's own looks at its tokens are further apart. */
const VALID_NS = 250e6;
const MAX_DECISIONS = 4_096;

interface Remembered {
  readonly decision: AccessDecision;
  readonly untilNs: number;
}

/** The authorizer of the main thread, whose decisions are remembered for a moment. */
export class RemoteAuthorizer implements Authorizer {
  readonly #calls: RemoteCalls;
  readonly #clock: Clock;
  /** Nobody can tell from the time of a search how right a token was. */
  readonly #secret = randomBytes(32);
  readonly #remembered = new Map<string, Remembered>();

  constructor(calls: RemoteCalls, clock: Clock) {
    this.#calls = calls;
    this.#clock = clock;
  }

  decide(token: string | undefined, category: ApiCategory): AccessDecision {
    const key = token === undefined ? category : `${category} ${this.#digest(token)}`;
    const nowNs = this.#clock.nowNs();
    const known = this.#remembered.get(key);
    if (known !== undefined && known.untilNs > nowNs) return known.decision;
    const decision = this.#calls.now('decide', token, category);
    if (this.#remembered.size >= MAX_DECISIONS) this.#remembered.clear();
    this.#remembered.set(key, { decision, untilNs: nowNs + VALID_NS });
    return decision;
  }

  #digest(token: string): string {
    return createHmac('sha256', this.#secret).update(token).digest('base64');
  }
}
