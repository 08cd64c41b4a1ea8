import { type FrontendContext, InferError, type InferenceServer } from '@nereid/core';
import { ForwardedExchange } from './forwarded-exchange.js';
import type { HttpApi } from './http-api.js';
import type { HttpExchange, HttpResponse } from './http-exchange.js';
import { errorResponse, jsonResponse, respondError } from './json-response.js';
import type { Route } from './route.js';
import { invocationStatus } from './sagemaker-memory-errors.js';
import { type LoadRequest, SageMakerModels } from './sagemaker-models.js';
import type { SageMakerSettings } from './sagemaker-settings.js';

const BINARY_TYPE = 'application/vnd.sagemaker-triton.binary+json';
/** The archive of a model, as its clients name it; SageMaker's own name is a hash. */
const TARGET_MODEL_FIELD = 'x-amzn-sagemaker-target-model';
const ENDPOINTS = {
  infer: 'infer',
  generate: 'generate',
  generate_stream: 'generateStream',
} as const satisfies Record<SageMakerSettings['inferenceType'], Route['endpoint']>;
const MODEL_PATH = /^\/models(?:\/([^/]+)(\/invoke)?)?$/;

export interface SageMakerApiOptions {
  readonly api: HttpApi;
  readonly settings: SageMakerSettings;
  readonly server: InferenceServer;
  readonly context: Pick<FrontendContext, 'modelFolders' | 'clock' | 'logger'>;
}

/** What SageMaker asks of a container, for one model and for many (spec §1.11). */
export class SageMakerApi {
  readonly #api: HttpApi;
  readonly #settings: SageMakerSettings;
  readonly #models: SageMakerModels;

  constructor({ api, settings, server, context }: SageMakerApiOptions) {
    this.#api = api;
    this.#settings = settings;
    const { modelsDirectory } = settings;
    this.#models = new SageMakerModels(server, { ...context, modelsDirectory });
  }

  /** Answers a request, now or later; never throws. */
  handle(exchange: HttpExchange): void {
    try {
      this.#route(exchange);
    } catch (error) {
      respondError(exchange, error);
    }
  }

  #route(exchange: HttpExchange): void {
    const { defaultModelName, pingMode } = this.#settings;
    if (exchange.path === '/ping') {
      this.#forward(exchange, `/v2/health/${pingMode}`);
    } else if (exchange.path === '/invocations') {
      this.#invoke(exchange, defaultModelName);
    } else {
      this.#routeModels(exchange);
    }
  }

  #routeModels(exchange: HttpExchange): void {
    const match = MODEL_PATH.exec(exchange.path);
    if (match === null) {
      exchange.respond(errorResponse(404, 'Not Found'));
      return;
    }
    const [, segment, invoke] = match;
    const name = segment === undefined ? '' : Buffer.from(segment, 'latin1').toString('utf8');
    if (segment === undefined || invoke === undefined) {
      this.#manage(exchange, name);
      return;
    }
    const servedName = this.#models.servedName(name);
    if (servedName === undefined) exchange.respond(notLoaded(name));
    else this.#invoke(exchange, servedName);
  }

  /** Not by a path, as the name of an archive may have slashes. */
  #invoke(exchange: HttpExchange, name: string): void {
    const { inferenceType } = this.#settings;
    const route = { endpoint: ENDPOINTS[inferenceType], name, version: '', repository: '' };
    this.#forward(exchange, `/v2/models/${name}/${inferenceType}`, route);
  }

  #forward(exchange: HttpExchange, path: string, route?: Route): void {
    const { method } = exchange;
    const target = { method, path, binaryType: BINARY_TYPE, statusOf: invocationStatus };
    this.#api.handle(new ForwardedExchange(exchange, target), route);
  }

  #manage(exchange: HttpExchange, name: string): void {
    const denial = this.#api.denial(exchange, 'model-repository');
    if (denial !== undefined) {
      exchange.respond(denial);
      return;
    }
    this.#answer(exchange, name).then(
      (response) => exchange.respond(response),
      (error) => respondError(exchange, error),
    );
  }

  async #answer(exchange: HttpExchange, name: string): Promise<HttpResponse> {
    const models = this.#models;
    switch (`${exchange.method} ${name === '' ? '/models' : '/models/<name>'}`) {
      case 'GET /models':
        return jsonResponse(200, JSON.stringify({ models: models.list() }));
      case 'POST /models':
        return await models.load(parseLoad(exchange));
      case 'GET /models/<name>': {
        const model = models.find(name);
        return model ? jsonResponse(200, JSON.stringify(model)) : notLoaded(name);
      }
      case 'DELETE /models/<name>':
        return models.find(name) ? await models.unload(name) : notLoaded(name);
      default:
        return errorResponse(405, 'Method Not Allowed');
    }
  }
}

function notLoaded(name: string): HttpResponse {
  return errorResponse(404, `Model '${name}' is not loaded`);
}

function parseLoad(exchange: HttpExchange): LoadRequest {
  const { model_name: modelName, url } = parseObject(exchange.body);
  if (typeof modelName === 'string' && typeof url === 'string' && /^[^/]+$/.test(modelName)) {
    return { modelName, url, servedName: exchange.header(TARGET_MODEL_FIELD) || modelName };
  }
  throw new InferError('INVALID_ARG', "a load needs the texts 'model_name' and 'url'");
}

function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (cause) {
    throw new InferError('INVALID_ARG', 'failed to parse the request JSON buffer', { cause });
  }
}
