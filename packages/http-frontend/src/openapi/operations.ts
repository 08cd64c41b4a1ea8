import type { Endpoint } from '../route.js';
import type { Operation } from './operation.js';

const MODEL = ['/v2/models/{model}', '/v2/models/{model}/versions/{version}'] as const;

/** What every operation that takes a JSON body may answer. */
const BODY_ERRORS = [400, 408, 413, 500] as const;

function modelPaths(action: string): string[] {
  return MODEL.map((path) => `${path}/${action}`);
}

function inRepository(path: string): string[] {
  return [`/v2/repository/${path}`, `/v2/repository/{repository}/${path}`];
}

function sharedMemoryPaths(kind: 'system' | 'cuda', action: string): string[] {
  const base = `/v2/${kind}sharedmemory`;
  return [`${base}/${action}`, `${base}/region/{region}/${action}`];
}

/**
 * The HTTP API: which verbs each endpoint takes, and what goes in and comes out. The routes take
 * their verbs from here, and the OpenAPI document is made of it.
 */
export const OPERATIONS: Readonly<Record<Endpoint, readonly Operation[]>> = {
  serverMetadata: [
    {
      method: 'get',
      paths: ['/v2'],
      id: 'serverMetadata',
      summary: 'Name, version and extensions of the server',
      response: { json: 'ServerMetadata' },
      errors: [],
    },
  ],
  serverLive: [
    {
      method: 'get',
      paths: ['/v2/health/live'],
      id: 'serverLive',
      summary: 'Whether the server is live',
      response: { empty: 'The server is live' },
      errors: [],
      emptyErrors: [400],
    },
  ],
  serverReady: [
    {
      method: 'get',
      paths: ['/v2/health/ready'],
      id: 'serverReady',
      summary: 'Whether requests can be served',
      response: { empty: 'The server is ready' },
      errors: [],
      emptyErrors: [400],
    },
  ],
  modelMetadata: [
    {
      method: 'get',
      paths: MODEL,
      id: 'modelMetadata',
      summary: 'Inputs, outputs and versions of a model',
      response: { json: 'ModelMetadata' },
      errors: [400, 404],
    },
  ],
  modelReady: [
    {
      method: 'get',
      paths: modelPaths('ready'),
      id: 'modelReady',
      summary: 'Whether a model can be asked',
      response: { empty: 'The model is ready' },
      errors: [400, 404],
    },
  ],
  modelConfig: [
    {
      method: 'get',
      paths: modelPaths('config'),
      id: 'modelConfig',
      summary: 'The completed configuration of a model',
      response: { json: 'ModelConfig' },
      errors: [400, 404],
    },
  ],
  modelStatistics: [
    {
      method: 'get',
      paths: modelPaths('stats'),
      id: 'modelStatistics',
      summary: 'What a model has done since it was loaded',
      response: { json: 'Statistics' },
      errors: [400, 404],
    },
  ],
  statistics: [
    {
      method: 'get',
      paths: ['/v2/models/stats'],
      id: 'statistics',
      summary: 'What all models have done since they were loaded',
      response: { json: 'Statistics' },
      errors: [],
    },
  ],
  infer: [
    {
      method: 'post',
      paths: modelPaths('infer'),
      id: 'infer',
      summary: 'Ask a model for one response',
      request: { schema: 'InferRequest', required: true },
      response: { json: 'InferResponse' },
      errors: [...BODY_ERRORS, 404, 501],
      takesBytes: true,
      runsModel: true,
    },
  ],
  generate: [
    {
      method: 'post',
      paths: modelPaths('generate'),
      id: 'generate',
      summary: 'Ask a model for one response, with plain JSON',
      request: { schema: 'GenerateRequest', required: true },
      response: { json: 'GenerateResponse' },
      errors: [...BODY_ERRORS, 404, 501],
      runsModel: true,
    },
  ],
  generateStream: [
    {
      method: 'post',
      paths: modelPaths('generate_stream'),
      id: 'generateStream',
      summary: 'Ask a model for responses as server-sent events',
      request: { schema: 'GenerateRequest', required: true },
      response: { contentType: 'text/event-stream' },
      errors: [...BODY_ERRORS, 404, 501],
      runsModel: true,
    },
  ],
  trace: traceOperations(['/v2/trace/setting'], 'trace', 'all models'),
  modelTrace: traceOperations(['/v2/models/{model}/trace/setting'], 'modelTrace', 'a model'),
  logging: [
    {
      method: 'get',
      paths: ['/v2/logging'],
      id: 'logSettings',
      summary: 'The settings of the log',
      response: { json: 'LogSettings' },
      errors: [],
    },
    {
      method: 'post',
      paths: ['/v2/logging'],
      id: 'updateLogSettings',
      summary: 'Change settings of the log',
      request: { schema: 'LogSettingsUpdate', required: true },
      response: { json: 'LogSettings' },
      errors: [...BODY_ERRORS, 501],
    },
  ],
  repositoryIndex: [
    {
      method: 'post',
      paths: inRepository('index'),
      id: 'repositoryIndex',
      summary: 'The models of the repositories and their states',
      request: { schema: 'RepositoryIndexRequest', required: false },
      response: { json: 'RepositoryIndex' },
      errors: [...BODY_ERRORS, 404],
    },
  ],
  repositoryLoad: [
    {
      method: 'post',
      paths: inRepository('models/{model}/load'),
      id: 'loadModel',
      summary: 'Load a model, or load it anew',
      request: { schema: 'LoadRequest', required: false },
      response: { empty: 'The model serves' },
      errors: [...BODY_ERRORS, 404, 501],
    },
  ],
  repositoryUnload: [
    {
      method: 'post',
      paths: inRepository('models/{model}/unload'),
      id: 'unloadModel',
      summary: 'Unload a model',
      request: { schema: 'UnloadRequest', required: false },
      response: { empty: 'The model takes no more requests' },
      errors: [...BODY_ERRORS, 404, 501],
    },
  ],
  systemSharedMemoryStatus: [
    {
      method: 'get',
      paths: sharedMemoryPaths('system', 'status'),
      id: 'systemSharedMemoryStatus',
      summary: 'The registered regions of system shared memory',
      response: { json: 'SystemSharedMemoryStatus' },
      errors: [400, 404],
    },
  ],
  systemSharedMemoryRegister: [
    {
      method: 'post',
      paths: ['/v2/systemsharedmemory/region/{region}/register'],
      id: 'registerSystemSharedMemory',
      summary: 'Register a region of system shared memory',
      request: { schema: 'SystemSharedMemoryRegion', required: true },
      response: { empty: 'The region can be used' },
      errors: [...BODY_ERRORS, 404, 501],
    },
  ],
  systemSharedMemoryUnregister: [
    {
      method: 'post',
      paths: sharedMemoryPaths('system', 'unregister'),
      id: 'unregisterSystemSharedMemory',
      summary: 'Unregister one or all regions of system shared memory',
      response: { empty: 'The regions are not registered any more' },
      errors: [400, 404],
    },
  ],
  cudaSharedMemoryStatus: [
    {
      method: 'get',
      paths: sharedMemoryPaths('cuda', 'status'),
      id: 'cudaSharedMemoryStatus',
      summary: 'The registered regions of CUDA shared memory: none',
      response: { json: 'CudaSharedMemoryStatus' },
      errors: [400, 404],
    },
  ],
  cudaSharedMemoryRegister: [
    {
      method: 'post',
      paths: ['/v2/cudasharedmemory/region/{region}/register'],
      id: 'registerCudaSharedMemory',
      summary: 'Refused, as there is no GPU support',
      request: { schema: 'CudaSharedMemoryRegion', required: true },
      response: { empty: 'The region can be used' },
      errors: [...BODY_ERRORS, 404, 501],
    },
  ],
  cudaSharedMemoryUnregister: [
    {
      method: 'post',
      paths: sharedMemoryPaths('cuda', 'unregister'),
      id: 'unregisterCudaSharedMemory',
      summary: 'Unregister regions of CUDA shared memory',
      response: { empty: 'The regions are not registered' },
      errors: [400, 404],
    },
  ],
  openApi: [
    {
      method: 'get',
      paths: ['/v2/openapi.json'],
      id: 'openApi',
      summary: 'This document',
      response: { contentType: 'application/json' },
      errors: [],
    },
  ],
  docs: [
    {
      method: 'get',
      paths: ['/v2/docs'],
      id: 'docs',
      summary: 'A page that shows this document and sends requests',
      response: { contentType: 'text/html; charset=utf-8' },
      errors: [],
    },
  ],
};

function traceOperations(paths: readonly string[], id: string, whose: string): Operation[] {
  const response = { json: 'TraceSettings' } as const;
  return [
    {
      method: 'get',
      paths,
      id: `${id}Settings`,
      summary: `The trace settings of ${whose}`,
      response,
      errors: [400, 404, 501],
    },
    {
      method: 'post',
      paths,
      id: `${id}SettingsUpdate`,
      summary: `Change trace settings of ${whose}`,
      request: { schema: 'TraceSettingsUpdate', required: true },
      response,
      errors: [...BODY_ERRORS, 404, 501],
    },
  ];
}
