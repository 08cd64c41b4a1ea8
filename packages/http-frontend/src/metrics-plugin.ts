import type { Frontend, FrontendPlugin, InferenceServer } from '@nereid/core';
import { accessRefusal } from './access-refusal.js';
import { FastifyTransport } from './fastify-transport.js';
import type { HttpExchange } from './http-exchange.js';
import { parseListenSettings } from './http-settings.js';
import { errorResponse } from './json-response.js';
import { respondMetrics, respondText } from './metrics-response.js';
import { TransportFrontend } from './transport-frontend.js';

const METRICS_PATH = /^\/metrics\/?$/;

/** The listener that Prometheus scrapes. Its settings are in the README. */
const plugin: FrontendPlugin = {
  createFrontend(server, context): Frontend {
    const transport = new FastifyTransport({
      listen: parseListenSettings(context.settings, 8002),
      clock: context.clock,
      handle: (exchange) => {
        const refusal = accessRefusal(context.authorizer, 'statistics', exchange);
        if (refusal === undefined) answer(server, exchange);
        else exchange.respond(refusal);
      },
    });
    return new TransportFrontend('Metrics Service', transport);
  },
};

/** Any other path than that of the metrics has an empty page, as it has in Triton. */
function answer(server: InferenceServer, exchange: HttpExchange): void {
  if (exchange.method !== 'GET') {
    exchange.respond(errorResponse(405, 'Method Not Allowed'));
  } else if (!METRICS_PATH.test(exchange.path)) {
    respondText(exchange, '');
  } else {
    respondMetrics(server, exchange);
  }
}

export default plugin;
