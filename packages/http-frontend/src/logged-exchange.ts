import type { AccessLog, CancelSignal, Clock, RequestTrace } from '@nereid/core';
import { AccessRecord } from '@nereid/protocol';
import type {
  BodyChunk,
  HeaderFields,
  HttpExchange,
  HttpResponse,
  ResponseHead,
  ResponseWriter,
} from './http-exchange.js';

/** What proxies write for a client that went away before its answer. */
const CLIENT_GONE = 499;

/** An exchange that tells the access log how it was answered. */
export class LoggedExchange implements HttpExchange {
  readonly access: AccessRecord;
  readonly #exchange: HttpExchange;

  constructor(exchange: HttpExchange, log: AccessLog, clock: Clock) {
    const { remoteAddress: client, method, path } = exchange;
    this.#exchange = exchange;
    this.access = new AccessRecord(log, clock, { protocol: 'HTTP', client, method, path });
    exchange.signal.onCancel(() => this.access.answered(CLIENT_GONE));
  }

  get method(): string {
    return this.#exchange.method;
  }

  get path(): string {
    return this.#exchange.path;
  }

  get remoteAddress(): string {
    return this.#exchange.remoteAddress;
  }

  get headers(): HeaderFields {
    return this.#exchange.headers;
  }

  get body(): Uint8Array {
    return this.#exchange.body;
  }

  get signal(): CancelSignal {
    return this.#exchange.signal;
  }

  get receivedNs(): number {
    return this.#exchange.receivedNs;
  }

  discardBody(): void {
    this.#exchange.discardBody?.();
  }

  header(name: string): string | undefined {
    return this.#exchange.header(name);
  }

  traceAnswer(trace: RequestTrace): void {
    this.#exchange.traceAnswer(trace);
  }

  onSent(listener: () => void): void {
    this.#exchange.onSent?.(listener);
  }

  respond(response: HttpResponse): void {
    this.#exchange.respond(response);
    this.#count(response.chunks);
    this.access.answered(response.status);
  }

  stream(head: ResponseHead): ResponseWriter {
    const writer = this.#exchange.stream(head);
    return {
      write: (chunks) => {
        this.#count(chunks);
        return writer.write(chunks);
      },
      end: () => {
        writer.end();
        this.access.answered(head.status);
      },
    };
  }

  #count(chunks: readonly BodyChunk[]): void {
    for (const chunk of chunks) this.access.sent(chunk.length);
  }
}
