import type { HeaderFields } from './answer-head.js';
import type { RequestHead } from './request-head.js';

/** A streamed answer. Once the client has gone, its methods do nothing. */
export interface AnswerWriter {
  /**
   * Sends a piece; the chunks may not change afterwards. Returns undefined when more may follow at
   * once, or a promise that resolves when the client has caught up or gone; it never rejects. The
   * connection of a client that is far behind is closed if it is not waited for.
   */
  write(chunks: readonly Uint8Array[]): Promise<void> | undefined;
  /** Ends the answer: exactly once, last. */
  end(): void;
}

/** What carries the answer of an exchange. */
export interface AnswerCarrier {
  readonly remoteAddress: string;
  answer(exchange: HttpExchange, answer: WholeAnswer): void;
  stream(exchange: HttpExchange, status: number, fields: HeaderFields): AnswerWriter;
  /** The bytes of a body are of no use any more. */
  discard(body: Uint8Array): void;
}

/**
 * Bytes of an answer, which may not change afterwards. A string has one character for each byte
 * (latin1): text that is turned into bytes together with the head costs less.
 */
export type AnswerChunk = Uint8Array | string;

export interface WholeAnswer {
  readonly status: number;
  readonly fields: HeaderFields;
  /** Together they are the body. */
  readonly chunks: readonly AnswerChunk[];
}

const EMPTY = new Uint8Array(0);

const NOWHERE: AnswerWriter = { write: () => undefined, end: () => {} };

/** One request and the place for its answer. */
export class HttpExchange<Context = unknown> {
  readonly head: RequestHead;
  /** Whatever the handler noted as the head arrived. */
  context: Context | undefined;
  /** The whole body, once it has arrived; empty when there is none. */
  body: Uint8Array = EMPTY;
  /** Called once when the client goes away before it is answered. */
  onAbort: (() => void) | undefined;
  /** Called once when the answer has been handed to the system, or the client has gone. */
  onSettled: (() => void) | undefined;
  readonly #carrier: AnswerCarrier;
  #state: 'open' | 'answered' | 'aborted' = 'open';

  constructor(head: RequestHead, carrier: AnswerCarrier) {
    this.head = head;
    this.#carrier = carrier;
  }

  /** The client's address; empty when it has gone. */
  get remoteAddress(): string {
    return this.#carrier.remoteAddress;
  }

  get aborted(): boolean {
    return this.#state === 'aborted';
  }

  /** Answers: once. Does nothing after the first answer, or when the client has gone. */
  respond(status: number, fields: HeaderFields, chunks: readonly AnswerChunk[]): void {
    if (this.#state !== 'open') return;
    this.#state = 'answered';
    this.#carrier.answer(this, { status, fields, chunks });
  }

  /** Begins an answer of unknown length, instead of `respond`. */
  stream(status: number, fields: HeaderFields): AnswerWriter {
    if (this.#state !== 'open') return NOWHERE;
    this.#state = 'answered';
    return this.#carrier.stream(this, status, fields);
  }

  /** Nothing refers to the bytes of the body any more: their memory may be used again. */
  discardBody(): void {
    const { body } = this;
    this.body = EMPTY;
    this.#carrier.discard(body);
  }

  /** For the carrier: the client has gone before all of the answer was sent. */
  abort(): void {
    if (this.#state === 'aborted') return;
    this.#state = 'aborted';
    this.onAbort?.();
    this.settle();
  }

  /** For the carrier: nothing more happens to the answer. */
  settle(): void {
    const settled = this.onSettled;
    this.onSettled = undefined;
    settled?.();
  }
}
