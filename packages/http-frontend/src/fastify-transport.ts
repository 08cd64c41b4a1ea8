import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { InferError } from '@nereid/core';
import { type FastifyInstance, fastify } from 'fastify';
import { BodyBudget, defaultBudgetBytes } from './body-budget.js';
import { BodyReaders } from './body-reader.js';
import { answerClientError } from './client-error.js';
import {
  BODY_PROBLEMS,
  EXITING,
  type HttpTransport,
  type TransportOptions,
} from './http-transport.js';
import { cannotListen, checkReusePort } from './listening.js';
import { NodeHttpExchange } from './node-http-exchange.js';
import { createNodeServer } from './node-http-server.js';
import type { TlsSettings } from './tls-settings.js';

const BACKLOG = 1024;

/**
 * Carries exchanges over HTTP/1.1 with fastify, which listens, parses and looks after connections.
 * Every request leaves fastify's life cycle in its first hook: Triton routes on raw paths, answers
 * any verb, and takes bodies of any content type, all of which a router and body parsers stand in
 * the way of.
 */
export class FastifyTransport implements HttpTransport {
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

  async listen(): Promise<AddressInfo> {
    const { address: host, port, reusePort } = this.#options.listen;
    if (reusePort) checkReusePort();
    try {
      // Fastify hands its options on to node:net as they are, also those that it does not name.
      const options = { host, port, backlog: BACKLOG, ...(reusePort ? { reusePort } : {}) };
      await this.#app.listen(options);
    } catch (cause) {
      throw cannotListen({ host, port }, cause);
    }
    const address = this.#app.server.address();
    if (address === null || typeof address === 'string') {
      throw new InferError('INTERNAL', `no address after listening on ${host}:${port}`);
    }
    return address;
  }

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
      exchange.respond(EXITING);
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
