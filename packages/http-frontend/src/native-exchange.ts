import { CancelSource, type RequestTrace } from '@nereid/core';
import type { HttpExchange as Carried } from '@nereid/http-transport';
import type {
  HeaderFields,
  HttpExchange,
  HttpResponse,
  ResponseHead,
  ResponseWriter,
} from './http-exchange.js';
import { endTrace, pathOf } from './node-http-exchange.js';

/** An exchange that the project's own transport carries. */
export class NativeExchange implements HttpExchange {
  readonly path: string;
  readonly receivedNs: number;
  readonly signal = new CancelSource();
  readonly #carried: Carried<HttpExchange>;
  #trace: RequestTrace | undefined;

  constructor(carried: Carried<HttpExchange>, receivedNs: number) {
    this.#carried = carried;
    this.path = pathOf(carried.head.target);
    this.receivedNs = receivedNs;
    carried.onAbort = () => this.signal.cancel();
  }

  get method(): string {
    return this.#carried.head.method;
  }

  get headers(): HeaderFields {
    return this.#carried.head.fields;
  }

  get remoteAddress(): string {
    return this.#carried.remoteAddress;
  }

  get body(): Uint8Array {
    return this.#carried.body;
  }

  discardBody(): void {
    this.#carried.discardBody();
  }

  header(name: string): string | undefined {
    return this.#carried.head.values.get(name);
  }

  traceAnswer(trace: RequestTrace): void {
    this.#trace = trace;
    this.#carried.onSettled = () => endTrace(trace);
  }

  onSent(listener: () => void): void {
    // An exchange that is traced goes without.
    if (!this.#trace) this.#carried.onSettled = listener;
  }

  respond({ status, headers, chunks }: HttpResponse): void {
    this.#trace?.record('HTTP_SEND_START');
    this.#carried.respond(status, headers, chunks);
  }

  stream({ status, headers }: ResponseHead): ResponseWriter {
    this.#trace?.record('HTTP_SEND_START');
    return this.#carried.stream(status, headers);
  }
}
