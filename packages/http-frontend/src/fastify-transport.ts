import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, InferError } from '@nereid/core';
import { type FastifyInstance, fastify } from 'fastify';
import { BodyBudget, defaultBudgetBytes } from './body-budget.js';
import { type BodyOutcome, BodyReaders } from './body-reader.js';
import { answerClientError } from './client-error.js';
import type { HttpExchange, HttpHandler } from './http-exchange.js';
import type { ListenSettings } from './http-settings.js';
import { errorResponse } from './json-response.js';
import { NodeHttpExchange } from './node-http-exchange.js';
import { createNodeServer } from './node-http-server.js';
import type { TlsSettings } from './tls-settings.js';

export interface TransportOptions {
  /** Of all request bodies being served; half of the memory when absent. */
  readonly maxBodiesBytes?: number | undefined;
  readonly listen: ListenSettings;
  readonly clock: Clock;
  readonly handle: HttpHandler;
  /** The time to note for a request whose head has arrived; 0 is noted when absent. */
  readonly receiveTimeNs?: () => number;
  /** Looks on: returns what takes the place of an exchange, as soon as its head has arrived. */
  readonly observe?: ((exchange: HttpExchange) => HttpExchange) | undefined;
}

const BACKLOG = 1024;

const BODY_PROBLEMS = {
  'too-large': errorResponse(413, 'Request body exceeds the maximum allowed value of 2 GiB'),
  'too-slow': errorResponse(408, 'Request Timeout'),
  'no-budget': errorResponse(
    503,
    'Request bodies being served take all the memory set aside for them. ' +
      'Use --http-max-bodies-size to increase the limit.',
  ),
} as const satisfies Partial<Record<Extract<BodyOutcome, string>, unknown>>;

/**
 * Carries exchanges over HTTP/1.1 with fastify, which listens, parses and looks after connections.
 * Every request leaves fastify's life cycle in its first hook: Triton routes on raw paths, answers
 * any verb, and takes bodies of any content type, all of which a router and body parsers stand in
 * the way of.
 */
export class FastifyTransport {
  readonly #options: TransportOptions;
  readonly #app: FastifyInstance;
  readonly #budget: BodyBudget;
  readonly #bodies: BodyReaders;
  readonly #sockets = new Set<Socket>();
  #closing = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#budget = new BodyBudget(options.maxBodiesBytes ?? defaultBudgetBytes());
    this.#bodies = new BodyReaders(options.clock, this.#budget);
    const { tls } = options.listen;
    this.#app = createApp(tls);
    // As the hook does not call back, fastify's part ends with it.
    this.#app.addHook('onRequest', (request, reply) => {
      reply.hijack();
      this.#accept(request.raw, reply.raw, request.originalUrl);
    });
    // A TLS socket, too, counts only the bytes of HTTP as read.
    this.#app.server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** Listens. Throws an InferError that names the address when it cannot. */
  async listen(): Promise<AddressInfo> {
    const { address: host, port, reusePort } = this.#options.listen;
    if (reusePort) checkReusePort();
    try {
      // Fastify hands its options on to node:net as they are, also those that it does not name.
      const options = { host, port, backlog: BACKLOG, ...(reusePort ? { reusePort } : {}) };
      await this.#app.listen(options);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InferError('UNAVAILABLE', `cannot listen on ${host}:${port}: ${reason}`, { cause });
    }
    const address = this.#app.server.address();
    if (address === null || typeof address === 'string') {
      throw new InferError('INTERNAL', `no address after listening on ${host}:${port}`);
    }
    return address;
  }

  /**
   * Stops listening, closes connections without a request at once and the others when they have
   * been answered; after `graceMs` milliseconds all of them.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const { server } = this.#app;
    const cancel = this.#options.clock.schedule(graceMs * 1000, () => server.closeAllConnections());
    const closed = this.#app.close();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
    await closed;
    cancel();
  }

  #accept(request: IncomingMessage, response: ServerResponse, target: string): void {
    let closeAfterwards = false;
    const received = new NodeHttpExchange(request, response, {
      target,
      closing: () => closeAfterwards || this.#closing,
      receivedNs: this.#options.receiveTimeNs?.() ?? 0,
    });
    const exchange = this.#options.observe?.(received) ?? received;
    if (this.#closing) {
      exchange.respond(errorResponse(503, 'Server exiting'));
      return;
    }
    this.#bodies.read(request, (outcome) => {
      if (outcome === 'aborted') return;
      if (typeof outcome === 'string') {
        // What is left of the body makes the connection useless for another request.
        closeAfterwards = true;
        exchange.respond(BODY_PROBLEMS[outcome]);
        return;
      }
      received.body = outcome;
      this.#releaseAfter(response, outcome.length);
      this.#options.handle(exchange);
    });
  }

  /** A body is held until its request is answered, however that ends. */
  #releaseAfter(response: ServerResponse, sizeBytes: number): void {
    if (sizeBytes === 0) return;
    const release = () => this.#budget.release(sizeBytes);
    if (response.destroyed) release();
    else response.once('close', release);
  }
}

/** Older Nodes ignore the option, and the second process would fail with a puzzling error. */
function checkReusePort(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  throw new InferError(
    'UNSUPPORTED',
    `sharing a port needs Node.js 22.12 or later, this is ${process.versions.node}`,
  );
}

function createApp(tls: TlsSettings | undefined): FastifyInstance {
  return fastify({
    serverFactory: (listener) => createNodeServer(tls, listener),
    logger: false,
    // One route for all: fastify would decode paths and refuse malformed ones.
    rewriteUrl: () => '/',
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerClientError(error, socket),
  });
}
