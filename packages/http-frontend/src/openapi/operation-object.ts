import { type JsonSchema, reference } from './json-schema.js';
import type { ErrorStatus, Operation } from './operation.js';

/** An operation on one path. */
export interface PlacedOperation {
  readonly path: string;
  readonly id: string;
  readonly tag: string;
  readonly requestSchema: JsonSchema | undefined;
  /** False where the answer has no JSON body. */
  readonly responseSchema: JsonSchema | false;
  /** A model that can be asked for. */
  readonly exampleModel: string | undefined;
}

const STATUS_MEANINGS = {
  400: 'The request is wrong',
  404: 'There is no such model or path',
  408: 'The body came too slowly',
  413: 'The body is larger than 2 GiB',
  431: 'The header fields are too large',
  500: 'The body is no JSON or has members of the wrong type, as in Triton',
  501: 'The server or the model cannot do that',
  503: 'The server is starting or stopping, or the request was refused for now',
} as const satisfies Record<ErrorStatus, string>;

/** Any operation may be refused so. */
const COMMON_ERRORS: readonly ErrorStatus[] = [400, 431, 503];

const JSON_LENGTH = 'Inference-Header-Content-Length';
const JSON_LENGTH_PARAMETER: JsonSchema = {
  name: JSON_LENGTH,
  in: 'header',
  description: 'Bytes of JSON before the bytes of the tensors; 0 if the body is the only input',
  schema: { type: 'integer', minimum: 0 },
};

const ERROR_CONTENT = { 'application/json': { schema: reference('Error') } };
/** Where the operator has restricted the API. */
const REFUSALS: JsonSchema = {
  401: { description: 'The API needs a token', content: ERROR_CONTENT },
  403: { description: 'The token or a header field does not allow it', content: ERROR_CONTENT },
};

const PARAMETERS: Readonly<Record<string, JsonSchema>> = {
  model: { type: 'string', pattern: '^[A-Za-z0-9._-]+$', description: 'A name as in the index' },
  version: { type: 'string', pattern: '^[0-9]+$' },
  repository: { type: 'string', pattern: '^[A-Za-z0-9._-]+$', description: 'Of no meaning' },
  region: { type: 'string', pattern: '^[A-Za-z0-9._-]+$' },
};

/** The Operation Object of the OpenAPI document. */
export function operationObject(operation: Operation, placed: PlacedOperation): JsonSchema {
  const inPath = [...placed.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
    pathParameter(name, name === 'model' ? placed.exampleModel : undefined),
  );
  const parameters = operation.takesBytes ? [...inPath, JSON_LENGTH_PARAMETER] : inPath;
  return {
    operationId: placed.id,
    summary: operation.summary,
    tags: [placed.tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBody(operation, placed.requestSchema),
    responses: { 200: success(operation, placed.responseSchema), ...failures(operation) },
  };
}

function pathParameter(name: string, example: string | undefined): JsonSchema {
  const schema = PARAMETERS[name];
  return {
    name,
    in: 'path',
    required: true,
    schema,
    ...(example === undefined ? {} : { example }),
  };
}

function requestBody(
  { request, takesBytes }: Operation,
  schema: JsonSchema | undefined,
): JsonSchema {
  if (request === undefined) return {};
  const bytes = takesBytes ? { 'application/octet-stream': {} } : {};
  const content = { 'application/json': { schema }, ...bytes };
  return { requestBody: { required: request.required, content } };
}

function success({ response, takesBytes }: Operation, schema: JsonSchema | false): JsonSchema {
  if ('empty' in response) return { description: response.empty };
  if ('contentType' in response) {
    return { description: 'The answer', content: { [response.contentType]: {} } };
  }
  const content = { 'application/json': { schema } };
  if (!takesBytes) return { description: 'The answer', content };
  return {
    description: 'The answer, with bytes after the JSON if outputs were wanted so',
    headers: {
      [JSON_LENGTH]: {
        description: 'Bytes of JSON in an answer with bytes after it',
        schema: { type: 'integer' },
      },
    },
    content: { ...content, 'application/octet-stream': {} },
  };
}

function failures(operation: Operation): JsonSchema {
  const statuses = [...new Set([...COMMON_ERRORS, ...operation.errors])].sort((a, b) => a - b);
  const entries = statuses.map((status) => {
    const failure = status === 500 && operation.runsModel ? ', or the model failed' : '';
    const description = STATUS_MEANINGS[status] + failure;
    if (operation.emptyErrors?.includes(status)) return [status, { description }] as const;
    const schema = status === 500 ? internalError(operation) : reference('Error');
    return [status, { description, content: { 'application/json': { schema } } }] as const;
  });
  return { ...Object.fromEntries(entries), ...REFUSALS };
}

function internalError({ runsModel }: Operation): JsonSchema {
  if (!runsModel) return reference('InternalError');
  return { anyOf: [reference('InternalError'), reference('ModelError')] };
}
