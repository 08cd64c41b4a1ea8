import {
  type CancelSignal,
  InferError,
  type InferenceResponse,
  type ResponseSink,
} from '@nereid/core';
import { type EncodedInferResponse, InferResponseEncoder, type OutputPlan } from '@nereid/protocol';
import { type ContentCoding, compressBody, responseCoding } from './content-coding.js';
import { type EncodingClient, encodeInTurns } from './encode-in-turns.js';
import type { HeaderFields, HttpExchange, HttpResponse } from './http-exchange.js';
import { respondError } from './json-response.js';
import { bytesOf } from './node-writes.js';

/** Sends the one response of a request as its answer. */
export class InferResponder implements ResponseSink, EncodingClient<EncodedInferResponse> {
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
    if (response.release) this.#exchange.onSent?.(response.release);
    encodeInTurns(new InferResponseEncoder(response, this.#outputPlan), this);
  }

  end(error?: InferError): void {
    if (this.#answered) return;
    this.#answered = true;
    respondError(this.#exchange, error ?? new InferError('INTERNAL', 'the model sent no response'));
  }

  released(): void {
    this.#exchange.discardBody?.();
  }

  get signal(): CancelSignal {
    return this.#exchange.signal;
  }

  failed(error: unknown): void {
    respondError(this.#exchange, error);
  }

  encoded({ inferenceHeaderLength, chunks }: EncodedInferResponse): void {
    const headers =
      inferenceHeaderLength === undefined ? JSON_HEADERS : binaryHeaders(inferenceHeaderLength);
    const answer = { status: 200, headers, chunks };
    const acceptEncoding = this.#exchange.header('accept-encoding');
    const coding = acceptEncoding === undefined ? undefined : responseCoding(acceptEncoding);
    if (coding === undefined) this.#exchange.respond(answer);
    else sendCompressed(this.#exchange, answer, coding);
  }
}

const JSON_HEADERS = ['Content-Type', 'application/json'] as const;

function binaryHeaders(inferenceHeaderLength: number): HeaderFields {
  const type = 'application/octet-stream';
  return ['Content-Type', type, 'Inference-Header-Content-Length', `${inferenceHeaderLength}`];
}

/** An answer that cannot be compressed is sent as it is. */
function sendCompressed(exchange: HttpExchange, answer: HttpResponse, coding: ContentCoding): void {
  compressBody(bytesOf(answer.chunks), coding).then(
    (body) =>
      exchange.respond({
        status: answer.status,
        headers: [...answer.headers, 'Content-Encoding', coding],
        chunks: [body],
      }),
    () => exchange.respond(answer),
  );
}
