import type { IncomingMessage, ServerResponse } from 'node:http';
import { CancelSource, type RequestTrace } from '@nereid/core';
import { EMPTY_BODY } from './body-reader.js';
import { findHeader } from './header-fields.js';
import type {
  HeaderFields,
  HttpExchange,
  HttpResponse,
  ResponseHead,
  ResponseWriter,
} from './http-exchange.js';
import { NodeResponseWriter } from './node-response-writer.js';
import { bytesOf, joinSmall, watchProgress } from './node-writes.js';

const CLOSE = ['Connection', 'close'] as const;

export interface ExchangeOptions {
  /** The target of the request line, as received. */
  readonly target: string;
  /** Whether the connection is to be closed after the answer. */
  readonly closing: () => boolean;
  readonly receivedNs: number;
}

/** An exchange that `node:http` carries. */
export class NodeHttpExchange implements HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly receivedNs: number;
  readonly signal = new CancelSource();
  /** Set once it has been received. */
  body: Uint8Array = EMPTY_BODY;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #closing: () => boolean;
  #trace: RequestTrace | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: ExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#closing = options.closing;
    this.method = request.method ?? '';
    this.path = pathOf(options.target);
    this.receivedNs = options.receivedNs;
    response.on('close', () => {
      if (!response.writableFinished) this.signal.cancel();
      if (this.#trace !== undefined) endTrace(this.#trace);
    });
    // Without a listener, the error of a client that went away would end the process.
    response.on('error', () => this.signal.cancel());
  }

  get headers(): HeaderFields {
    return this.#request.rawHeaders;
  }

  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? '';
  }

  header(name: string): string | undefined {
    return findHeader(this.#request.rawHeaders, name);
  }

  traceAnswer(trace: RequestTrace): void {
    this.#trace = trace;
  }

  respond(answer: HttpResponse): void {
    const response = this.#response;
    if (response.headersSent || response.destroyed) return;
    this.#trace?.record('HTTP_SEND_START');
    const chunks = bytesOf(answer.chunks);
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const headers = [...answer.headers, 'Content-Length', `${sizeBytes}`];
    if (this.#closing()) headers.push(...CLOSE);
    response.writeHead(answer.status, headers);
    const joined = joinSmall(chunks, sizeBytes);
    if (joined === undefined) this.#writeLarge(chunks);
    else response.end(joined);
  }

  stream({ status, headers }: ResponseHead): ResponseWriter {
    const response = this.#response;
    this.#trace?.record('HTTP_SEND_START');
    if (!response.headersSent && !response.destroyed) {
      response.writeHead(status, [...headers, ...(this.#closing() ? CLOSE : [])]);
    }
    return new NodeResponseWriter(response);
  }

  #writeLarge(chunks: readonly Uint8Array[]): void {
    const response = this.#response;
    // Corked, the chunks leave in one system call, without having been joined.
    response.cork();
    for (const chunk of chunks) response.write(chunk);
    response.end();
    const { socket } = response;
    if (socket === null || socket.writableLength === 0) return;
    response.once('finish', watchProgress(socket));
  }
}

/** The answer has been handed to the system, or the client has gone. */
export function endTrace(trace: RequestTrace): void {
  trace.record('HTTP_SEND_END');
  trace.close();
}

/** The path of a target in origin form or in absolute form. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (path.startsWith('/')) return path;
  const origin = /^https?:\/\/[^/]*/i.exec(path);
  return origin === null ? path : path.slice(origin[0].length);
}
