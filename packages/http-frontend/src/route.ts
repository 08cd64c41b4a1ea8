/** Triton's routing rules (spec §1.1): exact matches on the raw path, tried in a fixed order. */

/** Where a path leads. Members that the path does not have are empty. */
export interface Route {
  readonly endpoint: Endpoint;
  /** The model's name, or the shared-memory region's. */
  readonly name: string;
  readonly version: string;
  /** The repository's name, for the repository endpoints. */
  readonly repository: string;
}

export type Endpoint =
  | 'serverMetadata'
  | 'serverLive'
  | 'serverReady'
  | 'modelMetadata'
  | ModelAction
  | 'statistics'
  | 'logging'
  | 'trace'
  | 'modelTrace'
  | 'openApi'
  | 'docs'
  | 'repositoryIndex'
  | 'repositoryLoad'
  | 'repositoryUnload'
  | SharedMemoryEndpoint;

type ModelAction = (typeof MODEL_ACTIONS)[keyof typeof MODEL_ACTIONS];
type SharedMemoryEndpoint = (typeof SHARED_MEMORY_ACTIONS)[keyof typeof SHARED_MEMORY_ACTIONS];

const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([0-9]+))?(?:\/([a-z_]+))?$/;
const MODEL_TRACE = /^\/v2\/models\/([^/]+)\/trace\/setting$/;
const REPOSITORY = /^\/v2\/repository(?:\/([^/]+))?\/(index|models\/([^/]+)\/(load|unload))$/;
const SHARED_MEMORY =
  /^\/v2\/((?:system|cuda)sharedmemory)(?:\/region\/([^/]+))?\/(status|register|unregister)$/;

const MODEL_ACTIONS = {
  infer: 'infer',
  generate: 'generate',
  generate_stream: 'generateStream',
  ready: 'modelReady',
  config: 'modelConfig',
  stats: 'modelStatistics',
} as const;

const SHARED_MEMORY_ACTIONS = {
  'systemsharedmemory/status': 'systemSharedMemoryStatus',
  'systemsharedmemory/register': 'systemSharedMemoryRegister',
  'systemsharedmemory/unregister': 'systemSharedMemoryUnregister',
  'cudasharedmemory/status': 'cudaSharedMemoryStatus',
  'cudasharedmemory/register': 'cudaSharedMemoryRegister',
  'cudasharedmemory/unregister': 'cudaSharedMemoryUnregister',
} as const;

const FIXED_PATHS: ReadonlyMap<string, Endpoint> = new Map([
  ['/v2/models/stats', 'statistics'],
  ['/v2/logging', 'logging'],
  ['/v2', 'serverMetadata'],
  ['/v2/health/live', 'serverLive'],
  ['/v2/health/ready', 'serverReady'],
  ['/v2/trace/setting', 'trace'],
  ['/v2/openapi.json', 'openApi'],
  ['/v2/docs', 'docs'],
]);

/** Undefined for a path that leads nowhere. */
export function parseRoute(path: string): Route | undefined {
  const fixed = FIXED_PATHS.get(path);
  if (fixed !== undefined) return { endpoint: fixed, name: '', version: '', repository: '' };
  if (path.startsWith('/v2/models/')) return modelRoute(path);
  return repositoryRoute(path) ?? sharedMemoryRoute(path);
}

function modelRoute(path: string): Route | undefined {
  const match = MODEL.exec(path);
  if (match === null) {
    const name = MODEL_TRACE.exec(path)?.[1];
    if (name === undefined) return undefined;
    return { endpoint: 'modelTrace', name: utf8(name), version: '', repository: '' };
  }
  const [, name = '', version = '', action] = match;
  if (action !== undefined && !isModelAction(action)) return undefined;
  const endpoint = action === undefined ? 'modelMetadata' : MODEL_ACTIONS[action];
  return { endpoint, name: utf8(name), version, repository: '' };
}

function repositoryRoute(path: string): Route | undefined {
  const match = REPOSITORY.exec(path);
  if (match === null) return undefined;
  const [, repository = '', , name = '', action] = match;
  const endpoint =
    action === undefined
      ? 'repositoryIndex'
      : action === 'load'
        ? 'repositoryLoad'
        : 'repositoryUnload';
  return { endpoint, name: utf8(name), version: '', repository: utf8(repository) };
}

function sharedMemoryRoute(path: string): Route | undefined {
  const match = SHARED_MEMORY.exec(path);
  if (match === null) return undefined;
  const [, kind = '', name = '', action = ''] = match;
  const key = `${kind}/${action}`;
  if (!isSharedMemoryAction(key)) return undefined;
  return {
    endpoint: SHARED_MEMORY_ACTIONS[key],
    name: utf8(name),
    version: '',
    repository: '',
  };
}

function isModelAction(action: string): action is keyof typeof MODEL_ACTIONS {
  return Object.hasOwn(MODEL_ACTIONS, action);
}

function isSharedMemoryAction(key: string): key is keyof typeof SHARED_MEMORY_ACTIONS {
  return Object.hasOwn(SHARED_MEMORY_ACTIONS, key);
}

/** Names come as one character per byte; those beyond ASCII are UTF-8. */
function utf8(name: string): string {
  for (let index = 0; index < name.length; index += 1) {
    if (name.charCodeAt(index) > 0x7f) return Buffer.from(name, 'latin1').toString('utf8');
  }
  return name;
}
