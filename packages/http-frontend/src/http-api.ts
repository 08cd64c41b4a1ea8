import type { ApiCategory, FrontendContext, InferenceServer } from '@nereid/core';
import { accessRefusal } from './access-refusal.js';
import { handleGenerate } from './generate-handler.js';
import type { HttpExchange, HttpResponse } from './http-exchange.js';
import type { HttpSettings } from './http-settings.js';
import { handleInfer } from './infer-handler.js';
import { errorResponse, respondError } from './json-response.js';
import {
  loadModel,
  logging,
  type ManagementCall,
  modelConfig,
  modelMetadata,
  modelReady,
  modelStatistics,
  repositoryIndex,
  serverLive,
  serverMetadata,
  serverReady,
  statistics,
  traceSettings,
  unloadModel,
} from './management-handlers.js';
import { docs, openApi } from './openapi/openapi-handlers.js';
import { VERBS } from './openapi/verbs.js';
import { missingHeader } from './restricted-apis.js';
import type { Endpoint, Route } from './route.js';
import { RouteCache } from './route-cache.js';
import {
  cudaSharedMemoryStatus,
  registerCudaSharedMemory,
  registerSystemSharedMemory,
  systemSharedMemoryStatus,
  unregisterCudaSharedMemory,
  unregisterSystemSharedMemory,
} from './shared-memory-handlers.js';

interface EndpointDefinition {
  readonly category: ApiCategory;
  handle(call: ManagementCall): HttpResponse | Promise<HttpResponse>;
}

type InferenceEndpoint = 'infer' | 'generate' | 'generateStream';
type ManagementEndpoint = Exclude<Endpoint, InferenceEndpoint>;

const ENDPOINTS = {
  serverMetadata: { category: 'metadata', handle: serverMetadata },
  serverLive: { category: 'health', handle: serverLive },
  serverReady: { category: 'health', handle: serverReady },
  modelReady: { category: 'health', handle: modelReady },
  modelMetadata: { category: 'metadata', handle: modelMetadata },
  modelConfig: { category: 'model-config', handle: modelConfig },
  modelStatistics: { category: 'statistics', handle: modelStatistics },
  statistics: { category: 'statistics', handle: statistics },
  trace: { category: 'trace', handle: traceSettings },
  modelTrace: { category: 'trace', handle: traceSettings },
  logging: { category: 'logging', handle: logging },
  openApi: { category: 'metadata', handle: openApi },
  docs: { category: 'metadata', handle: docs },
  repositoryIndex: { category: 'model-repository', handle: repositoryIndex },
  repositoryLoad: { category: 'model-repository', handle: loadModel },
  repositoryUnload: { category: 'model-repository', handle: unloadModel },
  systemSharedMemoryStatus: {
    category: 'shared-memory',
    handle: systemSharedMemoryStatus,
  },
  systemSharedMemoryRegister: {
    category: 'shared-memory',
    handle: registerSystemSharedMemory,
  },
  systemSharedMemoryUnregister: {
    category: 'shared-memory',
    handle: unregisterSystemSharedMemory,
  },
  cudaSharedMemoryStatus: {
    category: 'shared-memory',
    handle: cudaSharedMemoryStatus,
  },
  cudaSharedMemoryRegister: {
    category: 'shared-memory',
    handle: registerCudaSharedMemory,
  },
  cudaSharedMemoryUnregister: {
    category: 'shared-memory',
    handle: unregisterCudaSharedMemory,
  },
} as const satisfies Record<ManagementEndpoint, EndpointDefinition>;

/** Of `infer`, `generate` and `generate_stream`. */
const INFERENCE = { category: 'inference' } as const;

/**
 * Endpoints that answer while the server is starting: health, and those of one model, which can be
 * ready before others are.
 */
const ALWAYS_SERVED: ReadonlySet<Endpoint> = new Set([
  'serverLive',
  'serverReady',
  'modelReady',
  'modelMetadata',
  'modelConfig',
  'infer',
  'generate',
  'generateStream',
]);

/** Without an authorizer, nobody needs a token. */
type ApiContext = Pick<FrontendContext, 'authorizer' | 'logger'>;

/** The REST API of one inference server, whatever the transport. */
export class HttpApi {
  readonly #server: InferenceServer;
  readonly #settings: HttpSettings;
  readonly #context: ApiContext;
  readonly #routes = new RouteCache();

  constructor(server: InferenceServer, settings: HttpSettings, context: ApiContext) {
    this.#server = server;
    this.#settings = settings;
    this.#context = context;
  }

  /** Answers a request, now or later, by its path unless a route is given; never throws. */
  handle(exchange: HttpExchange, given?: Route): void {
    try {
      this.#route(exchange, given ?? this.#routes.find(exchange.path));
    } catch (error) {
      respondError(exchange, error);
    }
  }

  #route(exchange: HttpExchange, route: Route | undefined): void {
    if (route === undefined) {
      exchange.respond(errorResponse(404, 'Not Found'));
      return;
    }
    const { endpoint } = route;
    const definition = isInference(endpoint) ? INFERENCE : ENDPOINTS[endpoint];
    const refusal = this.#refusal(exchange, route, definition.category);
    if (refusal !== undefined) exchange.respond(refusal);
    else if (isInference(endpoint)) this.#infer(exchange, route);
    else this.#manage(exchange, route, ENDPOINTS[endpoint]);
  }

  /** The answer to a request that may not use the API; undefined when it may. */
  denial(exchange: HttpExchange, category: ApiCategory): HttpResponse | undefined {
    const header = missingHeader(this.#settings.restrictedApis, category, exchange);
    if (header !== undefined) {
      return errorResponse(403, `This API is restricted, expecting header '${header}'`);
    }
    return accessRefusal(this.#context.authorizer, category, exchange);
  }

  #refusal(exchange: HttpExchange, route: Route, category: ApiCategory): HttpResponse | undefined {
    const denial = this.denial(exchange, category);
    if (denial !== undefined) return denial;
    const verbs = VERBS[route.endpoint];
    if (!verbs.includes(exchange.method)) return methodRefusal(verbs);
    if (!ALWAYS_SERVED.has(route.endpoint) && !this.#server.isLive()) {
      return errorResponse(503, 'Server not ready');
    }
    return undefined;
  }

  #infer(exchange: HttpExchange, route: Route): void {
    const { logger } = this.#context;
    const context = { server: this.#server, settings: this.#settings, logger };
    const handle = route.endpoint === 'infer' ? handleInfer : handleGenerate;
    handle(context, exchange, route)?.catch((error) => respondError(exchange, error));
  }

  #manage(exchange: HttpExchange, route: Route, definition: EndpointDefinition): void {
    const response = definition.handle({ server: this.#server, exchange, route });
    if (!(response instanceof Promise)) {
      exchange.respond(response);
      return;
    }
    response.then(
      (settled) => exchange.respond(settled),
      (error) => respondError(exchange, error),
    );
  }
}

function isInference(endpoint: Endpoint): endpoint is InferenceEndpoint {
  return endpoint === 'infer' || endpoint === 'generate' || endpoint === 'generateStream';
}

/** RFC 9110 wants the verbs that would have been taken. */
function methodRefusal(verbs: readonly string[]): HttpResponse {
  const { status, headers, chunks } = errorResponse(405, 'Method Not Allowed');
  return { status, headers: [...headers, 'Allow', verbs.join(', ')], chunks };
}
