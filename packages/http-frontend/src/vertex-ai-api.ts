import { InferError, type InferenceServer } from '@nereid/core';
import { ForwardedExchange, pathSegment } from './forwarded-exchange.js';
import type { HttpApi } from './http-api.js';
import type { HttpExchange } from './http-exchange.js';
import { errorResponse, respondError } from './json-response.js';
import { respondMetrics } from './metrics-response.js';
import { VERBS } from './openapi/verbs.js';
import { parseRoute } from './route.js';
import type { VertexAiSettings } from './vertex-ai-settings.js';

const BINARY_TYPE = 'application/vnd.vertex-ai-triton.binary+json';
const REDIRECT_FIELD = 'x-vertex-ai-triton-redirect';
const METRICS_PATH = /^\/metrics\/?$/;

const NO_DEFAULT_TEXT =
  'Expect the model repository contains only a single model if default model is not specified';

/** What Vertex AI asks of a container: health, and predictions (spec §1.12). */
export class VertexAiApi {
  readonly #api: HttpApi;
  readonly #server: InferenceServer;
  readonly #settings: VertexAiSettings;
  #defaultModel: string | undefined;

  constructor(api: HttpApi, server: InferenceServer, settings: VertexAiSettings) {
    this.#api = api;
    this.#server = server;
    this.#settings = settings;
    this.#defaultModel = settings.defaultModel;
  }

  /** Answers a request, now or later; never throws. */
  handle(exchange: HttpExchange): void {
    const { predictRoute, healthRoute } = this.#settings;
    try {
      if (exchange.path === healthRoute) {
        this.#forward(exchange, exchange.method, '/v2/health/ready');
      } else if (exchange.path !== predictRoute) {
        exchange.respond(errorResponse(404, 'Not Found'));
      } else if (exchange.method === 'POST') {
        this.#predict(exchange);
      } else {
        exchange.respond(errorResponse(405, 'Method Not Allowed'));
      }
    } catch (error) {
      respondError(exchange, error);
    }
  }

  #predict(exchange: HttpExchange): void {
    const target = exchange.header(REDIRECT_FIELD);
    if (target !== undefined) {
      this.#redirect(exchange, target.startsWith('/') ? target : `/${target}`);
    } else if (this.#defaultModel !== undefined) {
      this.#infer(exchange, this.#defaultModel);
    } else {
      this.#findOnlyModel().then(
        (name) => this.#infer(exchange, name),
        (error) => respondError(exchange, error),
      );
    }
  }

  #redirect(exchange: HttpExchange, path: string): void {
    if (!METRICS_PATH.test(path)) {
      this.#forward(exchange, redirectedMethod(exchange, path), path);
      return;
    }
    const denial = this.#api.denial(exchange, 'statistics');
    if (denial === undefined) respondMetrics(this.#server, exchange);
    else exchange.respond(denial);
  }

  #infer(exchange: HttpExchange, modelName: string): void {
    try {
      this.#forward(exchange, 'POST', `/v2/models/${pathSegment(modelName)}/infer`);
    } catch (error) {
      respondError(exchange, error);
    }
  }

  #forward(exchange: HttpExchange, method: string, path: string): void {
    this.#api.handle(new ForwardedExchange(exchange, { method, path, binaryType: BINARY_TYPE }));
  }

  /** Looked for once, as Triton does, though not before somebody asks: models load meanwhile. */
  async #findOnlyModel(): Promise<string> {
    const index = await this.#server.repositoryIndex(false);
    const [name, ...others] = new Set(index.map((entry) => entry.name));
    if (name === undefined || others.length > 0) {
      throw new InferError('INVALID_ARG', NO_DEFAULT_TEXT);
    }
    this.#defaultModel = name;
    return name;
  }
}

/**
 * Predictions are always posted, so a redirect to an endpoint that is only read reads it. One that
 * is read and changed is changed by a request with a body.
 */
function redirectedMethod({ method, body }: HttpExchange, path: string): string {
  const route = parseRoute(path);
  const verbs = route === undefined ? [] : VERBS[route.endpoint];
  if (!verbs.includes('GET')) return method;
  return verbs.includes(method) && body.length > 0 ? method : 'GET';
}
