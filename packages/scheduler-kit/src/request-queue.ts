import type { Clock, ModelQueuePolicy, PendingRequest } from '@nereid/core';
import { QueueLevel, timeoutUs } from './queue-level.js';
import { QueuedRequest, type RequestList } from './queued-request.js';
import { cancelledError, timeoutError } from './scheduler-errors.js';

export interface RequestQueueOptions {
  readonly clock: Clock;
  /** 0 when the model has no priority levels. */
  readonly priorityLevels: number;
  /** For requests that ask for no level, or for one that does not exist. */
  readonly defaultPriority: number;
  policyOf(priority: number): ModelQueuePolicy;
  /** Called after a request has left by itself: cancelled or expired. */
  left(): void;
}

/** The requests that wait: by priority level, then first come first served. */
export class RequestQueue {
  readonly #options: RequestQueueOptions;
  /** Only levels that were asked for, the highest priority first. */
  readonly #levels: QueueLevel[] = [];
  #size = 0;
  #weight = 0;

  constructor(options: RequestQueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /** The sum of the batch sizes of all waiting requests. */
  get weight(): number {
    return this.#weight;
  }

  /** Takes over the request and returns true, or returns false when its level is full. */
  add(pending: PendingRequest): boolean {
    const level = this.#level(pending.request.priority);
    if (level.isFull) return false;
    const entry = new QueuedRequest(pending, level, this.#options.clock.nowNs());
    this.#watch(entry);
    level.waiting.append(entry);
    this.#size += 1;
    this.#weight += entry.weight;
    return true;
  }

  /**
   * Lists the requests that are next in turn into `candidates`, replacing its content: as many as
   * make up `limit`, and the one that exceeds it. Requests found to have waited too long are set
   * back, or removed and returned for the caller to refuse.
   */
  collect(candidates: QueuedRequest[], limit: number): readonly PendingRequest[] | undefined {
    const nowNs = this.#options.clock.nowNs();
    candidates.length = 0;
    let rejected: PendingRequest[] | undefined;
    let weight = 0;
    for (const level of this.#levels) {
      let entry = level.waiting.first;
      while (entry && weight <= limit) {
        const next: QueuedRequest | undefined = entry.next;
        if (entry.expiresNs === 0 || nowNs <= entry.expiresNs) {
          candidates.push(entry);
          weight += entry.weight;
        } else if (!this.#setBack(entry)) {
          rejected ??= [];
          rejected.push(this.remove(entry));
        }
        entry = next;
      }
      for (entry = level.delayed.first; entry && weight <= limit; entry = entry.next) {
        candidates.push(entry);
        weight += entry.weight;
      }
      if (weight > limit) break;
    }
    return rejected;
  }

  /** Gives the request back to the caller. It must be waiting. */
  remove(entry: QueuedRequest): PendingRequest {
    entry.list?.remove(entry);
    entry.unwatch?.();
    this.#size -= 1;
    this.#weight -= entry.weight;
    return entry.pending;
  }

  #level(priority: number): QueueLevel {
    const { priorityLevels, defaultPriority, policyOf } = this.#options;
    const wanted = priority >= 1 && priority <= priorityLevels ? priority : defaultPriority;
    const known = this.#levels.find((level) => level.priority === wanted);
    if (known) return known;
    const level = new QueueLevel(wanted, policyOf(wanted));
    this.#levels.push(level);
    this.#levels.sort((a, b) => a.priority - b.priority);
    return level;
  }

  /** Lets the request leave when it is cancelled, or when it has waited too long. */
  #watch(entry: QueuedRequest): void {
    const { request } = entry.pending;
    const unlisten = request.signal.onCancel(() => {
      this.remove(entry).finish(cancelledError());
      this.#options.left();
    });
    const limitUs = timeoutUs(entry.level.policy, request);
    if (limitUs === 0) {
      entry.unwatch = unlisten;
      return;
    }
    entry.expiresNs = entry.enqueuedNs + limitUs * 1000;
    const stopTimer = this.#options.clock.schedule(limitUs, () => this.#expired(entry));
    entry.unwatch = () => {
      unlisten();
      stopTimer();
    };
  }

  #expired(entry: QueuedRequest): void {
    if (this.#setBack(entry)) return;
    this.remove(entry).finish(timeoutError());
    this.#options.left();
  }

  /**
   * Moves an expired request behind those of its level that are not; false if it must be refused.
   */
  #setBack(entry: QueuedRequest): boolean {
    const { level } = entry;
    if (level.policy.timeoutAction !== 'DELAY') return false;
    const list: RequestList | undefined = entry.list;
    if (list !== level.waiting) return true;
    list.remove(entry);
    level.delayed.append(entry);
    return true;
  }
}
