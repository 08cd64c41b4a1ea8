import type { Frontend, FrontendPlugin } from '@nereid/core';
import { FastifyTransport } from './fastify-transport.js';
import { HttpApi } from './http-api.js';
import { parseHttpSettings } from './http-settings.js';
import { LoggedExchange } from './logged-exchange.js';
import { TransportFrontend } from './transport-frontend.js';

/** The HTTP/REST front end. Its settings are in the README. */
const plugin: FrontendPlugin = {
  createFrontend(server, context): Frontend {
    const { accessLog } = context;
    const settings = parseHttpSettings(context.settings);
    const api = new HttpApi(server, settings, context);
    const transport = new FastifyTransport({
      listen: settings,
      maxBodiesBytes: settings.maxBodiesBytes || undefined,
      clock: context.clock,
      receiveTimeNs: () => (server.tracing.active ? context.clock.nowNs() : 0),
      handle: (exchange) => api.handle(exchange),
      observe: accessLog && ((exchange) => new LoggedExchange(exchange, accessLog, context.clock)),
    });
    return new TransportFrontend('HTTPService', transport);
  },
};

export default plugin;
