import type { PendingRequest } from '@nereid/core';
import type { QueueLevel } from './queue-level.js';

/**
 * A request in a queue: a node of the list it waits in, so that it can leave from anywhere at once.
 */
export class QueuedRequest {
  readonly pending: PendingRequest;
  readonly level: QueueLevel;
  readonly enqueuedNs: number;
  /** What the request adds to a batch: its batch size, and never less than 1. */
  readonly weight: number;
  /** When it has waited too long, in nanoseconds of the clock; 0 for never. */
  expiresNs = 0;
  /** Takes back what would end the wait: the cancel listener and the timer. */
  unwatch: (() => void) | undefined;
  list: RequestList | undefined;
  previous: QueuedRequest | undefined;
  next: QueuedRequest | undefined;

  constructor(pending: PendingRequest, level: QueueLevel, enqueuedNs: number) {
    this.pending = pending;
    this.level = level;
    this.enqueuedNs = enqueuedNs;
    this.weight = Math.max(1, pending.batchSize);
  }
}

/** A doubly linked list of requests, first come first served. */
export class RequestList {
  #first: QueuedRequest | undefined;
  #last: QueuedRequest | undefined;
  #size = 0;

  get first(): QueuedRequest | undefined {
    return this.#first;
  }

  get size(): number {
    return this.#size;
  }

  append(entry: QueuedRequest): void {
    entry.list = this;
    entry.previous = this.#last;
    entry.next = undefined;
    if (this.#last) this.#last.next = entry;
    else this.#first = entry;
    this.#last = entry;
    this.#size += 1;
  }

  /** The entry must be in this list. */
  remove(entry: QueuedRequest): void {
    if (entry.previous) entry.previous.next = entry.next;
    else this.#first = entry.next;
    if (entry.next) entry.next.previous = entry.previous;
    else this.#last = entry.previous;
    entry.list = undefined;
    entry.previous = undefined;
    entry.next = undefined;
    this.#size -= 1;
  }
}
