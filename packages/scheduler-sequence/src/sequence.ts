import { CancelSource, type Tensor } from '@nereid/core';
import { ListNode } from './linked-list.js';
import type { SequenceStates } from './sequence-states.js';
import type { SequencedRequest } from './sequenced-request.js';
import type { Slot } from './slot.js';

/** The requests that share a correlation ID, from a START to an END. */
export class Sequence {
  readonly id: bigint | string;
  /** The correlation ID as an input; undefined when the model does not ask for it. */
  readonly correlationTensor: Tensor | undefined;
  /** Tells the requests in other hands that the sequence is cancelled. */
  readonly cancelSource = new CancelSource();
  readonly idleNode = new ListNode<Sequence>(this);
  readonly backlogNode = new ListNode<Sequence>(this);
  /** When something last happened, in nanoseconds of the clock. */
  activeNs = 0;
  /** Undefined while it waits for a slot, and after it has left its slot. */
  slot: Slot | undefined;
  /** Takes no more requests: it has got its END, or is ended by the server. */
  closed = false;
  states: SequenceStates | undefined;
  /** The request that executes, or that was handed over for execution. */
  issued: SequencedRequest | undefined;
  #first: SequencedRequest | undefined;
  #last: SequencedRequest | undefined;

  constructor(id: bigint | string, correlationTensor: Tensor | undefined) {
    this.id = id;
    this.correlationTensor = correlationTensor;
  }

  /** The request that is next. */
  get head(): SequencedRequest | undefined {
    return this.#first;
  }

  /** True when no request waits or executes. */
  get idle(): boolean {
    return !this.#first && !this.issued;
  }

  push(request: SequencedRequest): void {
    request.next = undefined;
    if (this.#last) this.#last.next = request;
    else this.#first = request;
    this.#last = request;
  }

  /** Takes the next request out of the queue. */
  shift(): SequencedRequest | undefined {
    const first = this.#first;
    this.#first = first?.next;
    if (!this.#first) this.#last = undefined;
    if (first) first.next = undefined;
    return first;
  }
}
