import { InferError, type PluginCatalog, type PluginKind } from '@nereid/core';

/** Backends that are packages of the same publisher, under one naming rule. */
const PUBLISHED_BACKENDS: ReadonlySet<string> = new Set([
  'fil',
  'identity',
  'javascript',
  'neuron',
  'onnxruntime',
  'openvino',
  'pyodide',
  'python',
  'pytorch',
  'tensorrt',
]);

/** Repository agents likewise, by the package that holds them. */
const PUBLISHED_REPO_AGENTS: ReadonlyMap<string, string> = new Map([
  ['checksum', 'checksum'],
  ['decrypt', 'decrypt'],
  ['relocate', 'relocate'],
  ['relocation', 'relocate'],
]);

/** Names the backends that are there and, for a known one, the command that installs it. */
export function missingBackend(name: string, catalog: PluginCatalog): InferError {
  const remedy = PUBLISHED_BACKENDS.has(name)
    ? `; install it with: npm install @nereid/backend-${name}`
    : '';
  return new InferError(
    'INVALID_ARG',
    `unable to find backend '${name}', ${found(catalog, 'backends')}${remedy}`,
  );
}

export function missingScheduler(choice: string, catalog: PluginCatalog): InferError {
  return new InferError(
    'INVALID_ARG',
    `unable to find a scheduler for '${choice}', ${found(catalog, 'schedulers')}`,
  );
}

/** Names the agents that are there and, for a known one, the command that installs it. */
export function missingRepoAgent(name: string, catalog: PluginCatalog): InferError {
  const published = PUBLISHED_REPO_AGENTS.get(name);
  const remedy =
    published === undefined ? '' : `; install it with: npm install @nereid/repoagent-${published}`;
  return new InferError(
    'INVALID_ARG',
    `unable to find repository agent '${name}', ${found(catalog, 'repoAgents')}${remedy}`,
  );
}

function found(catalog: PluginCatalog, kind: PluginKind): string {
  const names = catalog.list(kind).map((entry) => entry.name);
  return names.length > 0 ? `found: ${names.join(', ')}` : 'found none';
}
