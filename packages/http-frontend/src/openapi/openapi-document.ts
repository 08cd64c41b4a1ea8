import type { ServerMetadata } from '@nereid/core';
import { parseRoute } from '../route.js';
import { ERROR_SCHEMAS } from './error-schemas.js';
import { INFERENCE_SCHEMAS } from './inference-schemas.js';
import { type JsonSchema, reference } from './json-schema.js';
import { MANAGEMENT_SCHEMAS } from './management-schemas.js';
import { modelPathItems } from './model-path-items.js';
import type { ModelInterface } from './model-schemas.js';
import type { Operation } from './operation.js';
import { operationObject } from './operation-object.js';
import { OPERATIONS } from './operations.js';

const DESCRIPTION = `The KServe v2 protocol with Triton's extensions.

Errors are JSON, \`{"error": "<message>"}\`. A request that is no JSON, or whose members have the \
wrong type, is answered with the status 500, as it is by Triton: clients depend on it. Those \
answers have the schema \`InternalError\`; they say nothing about the health of the server.

Tensors can also be sent and received as bytes after the JSON; the header field \
\`Inference-Header-Content-Length\` then has the length of the JSON.`;

const TOKEN = 'A token that grants the API. None is needed unless the operator has set some.';
const SAME_TOKEN = 'The same token, for clients that cannot send the other field.';

/** The HTTP API as an OpenAPI 3.1 document, with what the ready models take and give. */
export function openApiDocument(
  metadata: ServerMetadata,
  models: readonly ModelInterface[],
): JsonSchema {
  const operations = Object.values(OPERATIONS).flat();
  const perModel = modelPathItems(models);
  return {
    openapi: '3.1.0',
    info: { title: metadata.name, version: metadata.version, description: DESCRIPTION },
    // Tokens are wanted only where the operator has set some.
    security: [{}, { bearer: [] }, { key: [] }],
    paths: { ...perModel.paths, ...pathItems(operations, models[0]?.name) },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: TOKEN },
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: SAME_TOKEN },
      },
      schemas: {
        ...ERROR_SCHEMAS,
        ...INFERENCE_SCHEMAS,
        ...MANAGEMENT_SCHEMAS,
        ...perModel.schemas,
      },
    },
  };
}

function pathItems(operations: readonly Operation[], modelName: string | undefined): JsonSchema {
  const items: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    for (const [index, path] of operation.paths.entries()) {
      items[path] ??= {};
      items[path][operation.method] = operationObject(operation, {
        path,
        id: index === 0 ? operation.id : operation.id + suffixOf(path),
        tag: tagOf(path),
        requestSchema: operation.request && reference(operation.request.schema),
        responseSchema: 'json' in operation.response && reference(operation.response.json),
        // An example that unloads a model is a bad one to try.
        exampleModel: operation.id === 'unloadModel' ? undefined : modelName,
      });
    }
  }
  return items;
}

function suffixOf(path: string): string {
  if (path.includes('{version}')) return 'OfVersion';
  return path.includes('{repository}') ? 'InRepository' : 'OfRegion';
}

function tagOf(path: string): string {
  const endpoint = parseRoute(path.replace('{version}', '1'))?.endpoint ?? '';
  if (['infer', 'generate', 'generateStream'].includes(endpoint)) return 'Inference';
  if (path.startsWith('/v2/models/')) return 'Models';
  if (path.startsWith('/v2/repository')) return 'Model repository';
  return path.includes('sharedmemory') ? 'Shared memory' : 'Server';
}
