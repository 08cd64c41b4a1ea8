import type {
  BatchTimes,
  InferError,
  InferenceRequest,
  ModelResponse,
  PendingRequest,
} from '@nereid/core';

/** Lets responses leave in the order in which their requests were admitted. */
export class ResponseOrder {
  /** The request admitted last, unless its whole answer has left. */
  #last: OrderedRequest | undefined;

  /** The request to hand on in place of the given one. */
  admit(pending: PendingRequest): PendingRequest {
    const previous = this.#last;
    const ordered = new OrderedRequest(pending, previous === undefined, (released) => {
      if (this.#last === released) this.#last = undefined;
    });
    if (previous) previous.successor = ordered;
    this.#last = ordered;
    return ordered;
  }
}

/** Holds the answer to a request back until those before it have been answered. */
class OrderedRequest implements PendingRequest {
  readonly #pending: PendingRequest;
  readonly #released: (self: OrderedRequest) => void;
  readonly #held: ModelResponse[] = [];
  #inTurn: boolean;
  #finished = false;
  #error: InferError | undefined;
  successor: OrderedRequest | undefined;

  constructor(pending: PendingRequest, inTurn: boolean, released: (self: OrderedRequest) => void) {
    this.#pending = pending;
    this.#inTurn = inTurn;
    this.#released = released;
  }

  get request(): InferenceRequest {
    return this.#pending.request;
  }

  get batchSize(): number {
    return this.#pending.batchSize;
  }

  get acceptedNs(): number {
    return this.#pending.acceptedNs;
  }

  get finished(): boolean {
    return this.#finished;
  }

  started(times: BatchTimes): void {
    this.#pending.started(times);
  }

  respond(response: ModelResponse): Promise<void> | undefined {
    if (this.#inTurn) return this.#pending.respond(response);
    this.#held.push(response);
    return undefined;
  }

  /** The server finishes again what looks unfinished to it, as an answer that is held back does. */
  finish(error?: InferError): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#error = error;
    if (!this.#inTurn) return;
    // A loop rather than a recursion: any number of answers may be held back behind this one.
    let next: OrderedRequest | undefined = this;
    while (next?.finished) next = next.#leave();
    if (next) next.#takeTurn();
  }

  /** Finishes the request; its turn has come. Returns the one whose turn is next. */
  #leave(): OrderedRequest | undefined {
    this.#takeTurn();
    this.#pending.finish(this.#error);
    this.#released(this);
    return this.successor;
  }

  #takeTurn(): void {
    this.#inTurn = true;
    for (const response of this.#held.splice(0)) void this.#pending.respond(response);
  }
}
