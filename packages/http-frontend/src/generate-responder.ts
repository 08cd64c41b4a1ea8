import type { InferError, InferenceResponse, ResponseSink } from '@nereid/core';
import { errorBody, GenerateResponseEncoder } from '@nereid/protocol';
import { encodeInTurns } from './encode-in-turns.js';
import type { HeaderFields, HttpExchange } from './http-exchange.js';
import { JSON_TYPE, respondError } from './json-response.js';

const NOT_ONE_RESPONSE_TEXT =
  'generate expects model to produce exactly 1 response, use generate stream for model that ' +
  'generates various number of responses';

export interface GenerateResponderOptions {
  /** Sent beside the content type. */
  readonly headers: HeaderFields;
  /** Called when a second response has come: nobody waits for the rest. */
  readonly abandon: () => void;
}

/**
 * Answers `generate`, which wants exactly one response: once the request has ended, or as soon as
 * there are more. The answer has no Content-Length, as in Triton.
 */
export class GenerateResponder implements ResponseSink {
  readonly #exchange: HttpExchange;
  readonly #headers: HeaderFields;
  #response: InferenceResponse | undefined;
  readonly #abandon: () => void;
  #responseCount = 0;

  constructor(exchange: HttpExchange, options: GenerateResponderOptions) {
    this.#exchange = exchange;
    this.#headers = [...JSON_TYPE, ...options.headers];
    this.#abandon = options.abandon;
  }

  response(response: InferenceResponse): undefined {
    this.#responseCount += 1;
    this.#response = this.#responseCount === 1 ? response : undefined;
    if (this.#responseCount === 2) {
      // The status is that of the first response, as in Triton, and that one was good.
      this.#send([Buffer.from(errorBody(NOT_ONE_RESPONSE_TEXT), 'utf8')]);
      this.#abandon();
    }
  }

  end(error?: InferError): void {
    if (this.#responseCount > 1) return;
    if (error !== undefined && this.#responseCount === 0) {
      respondError(this.#exchange, error);
    } else if (error !== undefined || this.#response === undefined) {
      this.#send([Buffer.from(errorBody(NOT_ONE_RESPONSE_TEXT), 'utf8')]);
    } else {
      encodeInTurns(new GenerateResponseEncoder(this.#response, 'body'), {
        signal: this.#exchange.signal,
        encoded: (chunks) => this.#send(chunks),
        failed: (failure) => respondError(this.#exchange, failure),
      });
    }
  }

  #send(chunks: readonly Uint8Array[]): void {
    const writer = this.#exchange.stream({ status: 200, headers: this.#headers });
    // The end follows, whether the client keeps up or not.
    void writer.write(chunks);
    writer.end();
  }
}
