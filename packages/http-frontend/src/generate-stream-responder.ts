import {
  type InferError,
  type InferenceResponse,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import { errorBody, errorEvent, GenerateResponseEncoder } from '@nereid/protocol';
import { STEPS_PER_TURN } from './encode-in-turns.js';
import type { HeaderFields, HttpExchange, ResponseWriter } from './http-exchange.js';
import { errorStatus, respondError } from './json-response.js';

const EVENT_STREAM_TYPE = ['Content-Type', 'text/event-stream; charset=utf-8'] as const;

/**
 * Answers `generate_stream`: each response is a server-sent event. The first one decides the
 * status; an error after it is an event like the others.
 */
export class GenerateStreamResponder implements ResponseSink {
  /** Set once the server has taken the request: an error before that is no event. */
  accepted = false;
  readonly #exchange: HttpExchange;
  readonly #headers: HeaderFields;
  #writer: ResponseWriter | undefined;
  /** Of a response that takes several turns. */
  #encoder: GenerateResponseEncoder | undefined;
  #turnScheduled = false;
  /** Lets the producer go on that waits for the encoding. */
  #resume: ((drained: Promise<void> | undefined) => void) | undefined;
  #drained: Promise<void> | undefined;
  /** The end, while a response is still being encoded. */
  #end: { readonly error: InferError | undefined } | undefined;

  /** `headers` are sent beside the content type. */
  constructor(exchange: HttpExchange, headers: HeaderFields = []) {
    this.#exchange = exchange;
    this.#headers = [...EVENT_STREAM_TYPE, ...headers];
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    if (this.#exchange.signal.cancelled) return undefined;
    // A producer that has not waited gets no queue: the previous response is encoded to its end.
    this.#encode(Number.POSITIVE_INFINITY);
    this.#encoder = new GenerateResponseEncoder(response, 'event');
    this.#encode(STEPS_PER_TURN);
    if (this.#encoder === undefined) return this.#drained;
    this.#scheduleTurn();
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** An event among the others; what has come before is encoded first. */
  failed(error: InferError): void {
    if (this.#exchange.signal.cancelled) return;
    this.#encode(Number.POSITIVE_INFINITY);
    this.#writeError(error);
  }

  end(error?: InferError): void {
    if (this.#encoder === undefined) this.#finish(error);
    else this.#end = { error };
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    setImmediate(() => {
      this.#turnScheduled = false;
      this.#encode(STEPS_PER_TURN);
      if (this.#encoder !== undefined) this.#scheduleTurn();
    });
  }

  #encode(maxSteps: number): void {
    for (let steps = 0; steps < maxSteps && this.#encoder !== undefined; steps += 1) {
      if (this.#exchange.signal.cancelled) this.#encoded();
      else this.#step(this.#encoder);
    }
  }

  #step(encoder: GenerateResponseEncoder): void {
    try {
      const chunks = encoder.step();
      if (chunks === undefined) return;
      this.#write(200, chunks);
    } catch (error) {
      this.#writeError(toInferError(error));
    }
    this.#encoded();
  }

  /** Goes on with what has waited for the encoding. */
  #encoded(): void {
    this.#encoder = undefined;
    this.#resume?.(this.#drained);
    this.#resume = undefined;
    if (this.#end !== undefined) this.#finish(this.#end.error);
  }

  #finish(error: InferError | undefined): void {
    const refused = error !== undefined && (error.refused === true || !this.accepted);
    if (refused && this.#writer === undefined) {
      respondError(this.#exchange, error);
      return;
    }
    if (error !== undefined) this.#writeError(error);
    this.#open(200).end();
  }

  #writeError(error: InferError): void {
    this.#write(errorStatus(error), [errorEvent(errorBody(error.message))]);
  }

  #write(status: number, chunks: readonly Uint8Array[]): void {
    this.#drained = this.#open(status).write(chunks);
  }

  #open(status: number): ResponseWriter {
    this.#writer ??= this.#exchange.stream({ status, headers: this.#headers });
    return this.#writer;
  }
}
