/** One request's place in the order of a stream's responses. */
class ResponseSlot {
  readonly #order: ResponseOrder;
  readonly waiting: Buffer[] = [];
  closed = false;
  next: ResponseSlot | undefined;

  constructor(order: ResponseOrder) {
    this.#order = order;
  }

  /** Sends a message, as soon as all earlier slots are closed. */
  write(message: Buffer): void {
    this.waiting.push(message);
    this.#order.flush();
  }

  /** Nothing more comes in this slot: the next one's turn. */
  close(): void {
    this.closed = true;
    this.#order.flush();
  }
}

/**
 * Lets the responses of one stream leave in the order of its requests, whatever the order in which
 * they are ready. How many wait is bounded by the requests that the stream has in flight.
 */
export class ResponseOrder {
  readonly #send: (message: Buffer) => void;
  #first: ResponseSlot | undefined;
  #last: ResponseSlot | undefined;

  constructor(send: (message: Buffer) => void) {
    this.#send = send;
  }

  /** The next request's slot. */
  reserve(): ResponseSlot {
    const slot = new ResponseSlot(this);
    if (this.#last) this.#last.next = slot;
    else this.#first = slot;
    this.#last = slot;
    return slot;
  }

  /** Sends what has become due; called by the slots. */
  flush(): void {
    for (let slot = this.#first; slot; slot = this.#first) {
      for (const message of slot.waiting.splice(0)) this.#send(message);
      if (!slot.closed) return;
      this.#first = slot.next;
      if (this.#first === undefined) this.#last = undefined;
    }
  }
}

export type { ResponseSlot };
