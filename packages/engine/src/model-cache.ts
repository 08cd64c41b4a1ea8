import type { Clock, InferenceRequest, ModelResponse, SequencePosition } from '@nereid/core';
import type { StatisticsRecorder } from '@nereid/observability';
import { cacheKey } from './cache-key.js';
import type { GuardedCache } from './guarded-cache.js';
import { InflightCounter } from './inflight-counter.js';
import type { TrackedRequest } from './tracked-request.js';

export interface ModelCacheParts {
  readonly cache: GuardedCache;
  /**
   * Names what answers depend on beside the request; undefined while that is unknown, as when a
   * model of an ensemble is missing.
   */
  identity(): string | undefined;
  readonly recorder: Pick<StatisticsRecorder, 'cacheHit' | 'cacheMiss'>;
  readonly clock: Clock;
}

type Tracked = Pick<TrackedRequest, 'request' | 'answer' | 'missed'>;

/**
 * The response cache of one model version. Equal requests that come while none of them is answered
 * are all executed: none depends on the priority, timeout or cancellation of another.
 */
export class ModelCache {
  readonly #parts: ModelCacheParts;
  readonly #lookups = new InflightCounter();

  constructor(parts: ModelCacheParts) {
    this.#parts = parts;
  }

  /** Answers the request, or calls `schedule` for it: at once, or when the cache knows. */
  lookup<T extends Tracked>(tracked: T, schedule: (tracked: T) => void): void {
    const { cache, clock, recorder } = this.#parts;
    const { request } = tracked;
    const startNs = clock.nowNs();
    const identity = inSequence(request.sequence) ? undefined : this.#parts.identity();
    if (identity === undefined) {
      schedule(tracked);
      return;
    }
    const key = cacheKey(identity, request);
    this.#lookups.add();
    cache.lookup(key, (response) => {
      const lookupNs = clock.nowNs() - startNs;
      if (response && !request.signal.cancelled) {
        recorder.cacheHit(lookupNs);
        tracked.answer(response);
      } else {
        const ended = (sent: ModelResponse | undefined) =>
          this.#store({ identity, key, lookupNs }, sent);
        // The scheduler tells a cancelled request so; what it might have found does not count.
        if (!response) tracked.missed({ ended });
        schedule(tracked);
      }
      this.#lookups.remove();
    });
  }

  /** Resolves when no request waits for the cache. */
  idle(): Promise<void> {
    return this.#lookups.idle();
  }

  /** An answer is not stored when a model that it may come from was replaced meanwhile. */
  #store(
    miss: { readonly identity: string; readonly key: string; readonly lookupNs: number },
    sent: ModelResponse | undefined,
  ): void {
    const { cache, clock, recorder } = this.#parts;
    if (!sent || this.#parts.identity() !== miss.identity) {
      recorder.cacheMiss(miss.lookupNs);
      return;
    }
    const startNs = clock.nowNs();
    cache.insert(miss.key, sent, () => recorder.cacheMiss(miss.lookupNs + clock.nowNs() - startNs));
  }
}

/** What a request of a sequence is answered depends on those before it. */
function inSequence(sequence: InferenceRequest['sequence']): sequence is SequencePosition {
  if (sequence === undefined) return false;
  const { correlationId, start, end } = sequence;
  return start || end || (correlationId !== 0n && correlationId !== '');
}
