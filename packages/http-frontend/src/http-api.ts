import type { InferenceServer } from '@nereid/core';
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
  notYet,
  repositoryIndex,
  serverLive,
  serverMetadata,
  serverReady,
  statistics,
  unloadModel,
} from './management-handlers.js';
import { type ApiCategory, missingHeader } from './restricted-apis.js';
import { type Endpoint, parseRoute, type Route } from './route.js';
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
  readonly methods: readonly ('GET' | 'POST')[];
  handle(call: ManagementCall): HttpResponse | Promise<HttpResponse>;
}

type InferenceEndpoint = 'infer' | 'generate' | 'generateStream';
type ManagementEndpoint = Exclude<Endpoint, InferenceEndpoint>;

const GET = ['GET'] as const;
const POST = ['POST'] as const;
const GET_POST = ['GET', 'POST'] as const;

const ENDPOINTS = {
  serverMetadata: { category: 'metadata', methods: GET, handle: serverMetadata },
  serverLive: { category: 'health', methods: GET, handle: serverLive },
  serverReady: { category: 'health', methods: GET, handle: serverReady },
  modelReady: { category: 'health', methods: GET, handle: modelReady },
  modelMetadata: { category: 'metadata', methods: GET, handle: modelMetadata },
  modelConfig: { category: 'model-config', methods: GET, handle: modelConfig },
  modelStatistics: { category: 'statistics', methods: GET, handle: modelStatistics },
  statistics: { category: 'statistics', methods: GET, handle: statistics },
  trace: { category: 'trace', methods: GET_POST, handle: notYet('the trace extension') },
  modelTrace: { category: 'trace', methods: GET_POST, handle: notYet('the trace extension') },
  logging: { category: 'logging', methods: GET_POST, handle: logging },
  repositoryIndex: { category: 'model-repository', methods: POST, handle: repositoryIndex },
  repositoryLoad: { category: 'model-repository', methods: POST, handle: loadModel },
  repositoryUnload: { category: 'model-repository', methods: POST, handle: unloadModel },
  systemSharedMemoryStatus: {
    category: 'shared-memory',
    methods: GET,
    handle: systemSharedMemoryStatus,
  },
  systemSharedMemoryRegister: {
    category: 'shared-memory',
    methods: POST,
    handle: registerSystemSharedMemory,
  },
  systemSharedMemoryUnregister: {
    category: 'shared-memory',
    methods: POST,
    handle: unregisterSystemSharedMemory,
  },
  cudaSharedMemoryStatus: {
    category: 'shared-memory',
    methods: GET,
    handle: cudaSharedMemoryStatus,
  },
  cudaSharedMemoryRegister: {
    category: 'shared-memory',
    methods: POST,
    handle: registerCudaSharedMemory,
  },
  cudaSharedMemoryUnregister: {
    category: 'shared-memory',
    methods: POST,
    handle: unregisterCudaSharedMemory,
  },
} as const satisfies Record<ManagementEndpoint, EndpointDefinition>;

/** Of `infer`, `generate` and `generate_stream`. */
const INFERENCE = { category: 'inference', methods: POST } as const;

/** Endpoints that answer while the server is starting. */
const ALWAYS_SERVED: ReadonlySet<Endpoint> = new Set(['serverLive', 'serverReady', 'modelReady']);

/** The REST API of one inference server, whatever the transport. */
export class HttpApi {
  readonly #server: InferenceServer;
  readonly #settings: HttpSettings;

  constructor(server: InferenceServer, settings: HttpSettings) {
    this.#server = server;
    this.#settings = settings;
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
    const route = parseRoute(exchange.path);
    if (route === undefined) {
      exchange.respond(errorResponse(404, 'Not Found'));
      return;
    }
    const { endpoint } = route;
    const definition = isInference(endpoint) ? INFERENCE : ENDPOINTS[endpoint];
    const refusal = this.#refusal(exchange, route, definition);
    if (refusal !== undefined) exchange.respond(refusal);
    else if (isInference(endpoint)) this.#infer(exchange, route);
    else this.#manage(exchange, route, ENDPOINTS[endpoint]);
  }

  #refusal(
    exchange: HttpExchange,
    route: Route,
    { category, methods }: Pick<EndpointDefinition, 'category' | 'methods'>,
  ): HttpResponse | undefined {
    const header = missingHeader(this.#settings.restrictedApis, category, exchange);
    if (header !== undefined) {
      return errorResponse(403, `This API is restricted, expecting header '${header}'`);
    }
    if (!methods.some((method) => method === exchange.method)) {
      return errorResponse(405, 'Method Not Allowed');
    }
    if (!ALWAYS_SERVED.has(route.endpoint) && !this.#server.isLive()) {
      return errorResponse(503, 'Server not ready');
    }
    return undefined;
  }

  #infer(exchange: HttpExchange, route: Route): void {
    const context = { server: this.#server, settings: this.#settings };
    if (route.endpoint !== 'infer') {
      handleGenerate(context, exchange, route);
      return;
    }
    handleInfer(context, exchange, route)?.catch((error) => respondError(exchange, error));
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
