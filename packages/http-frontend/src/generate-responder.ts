import type { InferError, InferenceResponse, ResponseSink } from '@nereid/core';
import { errorBody, GenerateResponseEncoder } from '@nereid/protocol';
import { encodeInTurns } from './encode-in-turns.js';
import type { HeaderFields, HttpExchange } from './http-exchange.js';
import { JSON_TYPE, respondError } from './json-response.js';

const NOT_ONE_RESPONSE_TEXT =
  'generate expects model to produce exactly 1 response, use generate stream for model that ' +
  'generates various number of responses';

/**
 * Answers `generate`, which wants exactly one response, once the request has ended. The answer has
 * no Content-Length, as in Triton.
 */
export class GenerateResponder implements ResponseSink {
  readonly #exchange: HttpExchange;
  readonly #headers: HeaderFields;
  #response: InferenceResponse | undefined;
  #responseCount = 0;

  /** `headers` are sent beside the content type. */
  constructor(exchange: HttpExchange, headers: HeaderFields = []) {
    this.#exchange = exchange;
    this.#headers = [...JSON_TYPE, ...headers];
  }

  response(response: InferenceResponse): undefined {
    this.#responseCount += 1;
    // Further responses only count, so that a model that never stops sending fills no memory.
    if (this.#responseCount === 1) this.#response = response;
    else this.#response = undefined;
  }

  end(error?: InferError): void {
    if (error !== undefined && this.#responseCount === 0) {
      respondError(this.#exchange, error);
    } else if (error !== undefined || this.#response === undefined) {
      // The status is that of the first response, as in Triton, and that one was good.
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
