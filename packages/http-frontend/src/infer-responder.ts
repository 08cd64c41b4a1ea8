import { InferError, type InferenceResponse, type ResponseSink } from '@nereid/core';
import { type EncodedInferResponse, InferResponseEncoder, type OutputPlan } from '@nereid/protocol';
import { type ContentCoding, compressBody, responseCoding } from './content-coding.js';
import type { HttpExchange, HttpResponse } from './http-exchange.js';
import { respondError } from './json-response.js';

/** So many steps of encoding take a few milliseconds; then other requests get their turn. */
const STEPS_PER_TURN = 4;

/** Sends the one response of a request as its answer. */
export class InferResponder implements ResponseSink {
  readonly #exchange: HttpExchange;
  readonly #outputPlan: OutputPlan;
  #answered = false;

  constructor(exchange: HttpExchange, outputPlan: OutputPlan) {
    this.#exchange = exchange;
    this.#outputPlan = outputPlan;
  }

  response(response: InferenceResponse): undefined {
    if (this.#answered) return;
    this.#answered = true;
    this.#encode(new InferResponseEncoder(response, this.#outputPlan));
  }

  end(error?: InferError): void {
    if (this.#answered) return;
    this.#answered = true;
    respondError(this.#exchange, error ?? new InferError('INTERNAL', 'the model sent no response'));
  }

  #encode(encoder: InferResponseEncoder): void {
    if (this.#exchange.signal.cancelled) return;
    try {
      for (let steps = 0; steps < STEPS_PER_TURN; steps += 1) {
        const encoded = encoder.step();
        if (encoded !== undefined) {
          this.#send(encoded);
          return;
        }
      }
    } catch (error) {
      respondError(this.#exchange, error);
      return;
    }
    setImmediate(() => this.#encode(encoder));
  }

  #send({ inferenceHeaderLength, chunks }: EncodedInferResponse): void {
    const headers =
      inferenceHeaderLength === undefined
        ? JSON_HEADERS
        : [...BINARY_HEADERS, `${inferenceHeaderLength}`];
    const answer = { status: 200, headers, chunks };
    const acceptEncoding = this.#exchange.header('accept-encoding');
    const coding = acceptEncoding === undefined ? undefined : responseCoding(acceptEncoding);
    if (coding === undefined) this.#exchange.respond(answer);
    else sendCompressed(this.#exchange, answer, coding);
  }
}

const JSON_HEADERS = ['Content-Type', 'application/json'] as const;
const BINARY_HEADERS = [
  'Content-Type',
  'application/octet-stream',
  'Inference-Header-Content-Length',
] as const;

/** An answer that cannot be compressed is sent as it is. */
function sendCompressed(exchange: HttpExchange, answer: HttpResponse, coding: ContentCoding): void {
  compressBody(answer.chunks, coding).then(
    (body) =>
      exchange.respond({
        status: answer.status,
        headers: [...answer.headers, 'Content-Encoding', coding],
        chunks: [body],
      }),
    () => exchange.respond(answer),
  );
}
