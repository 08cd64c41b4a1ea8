import type { Frontend, FrontendContext, InferenceServer } from '@nereid/core';
import { FastifyTransport } from './fastify-transport.js';
import type { HttpHandler } from './http-exchange.js';
import type { HttpSettings } from './http-settings.js';
import { LoggedExchange } from './logged-exchange.js';
import { NativeTransport } from './native-transport.js';
import { TransportFrontend } from './transport-frontend.js';

export interface ApiFrontendOptions {
  /** What listens, for the log. */
  readonly service: string;
  readonly server: InferenceServer;
  readonly settings: HttpSettings;
  readonly context: FrontendContext;
  readonly handle: HttpHandler;
}

/** A listener of its own whose requests are traced and logged. */
export function createApiFrontend(options: ApiFrontendOptions): Frontend {
  const { service, server, settings, context, handle } = options;
  const { accessLog, clock } = context;
  const Transport = settings.transport === 'native' ? NativeTransport : FastifyTransport;
  const transport = new Transport({
    listen: settings,
    acceptor: context.acceptor,
    maxBodiesBytes: settings.maxBodiesBytes || undefined,
    clock,
    receiveTimeNs: () => (server.tracing.active ? clock.nowNs() : 0),
    handle,
    observe: accessLog && ((exchange) => new LoggedExchange(exchange, accessLog, clock)),
  });
  return new TransportFrontend(service, transport);
}
