import { type JsonSchema, reference } from './json-schema.js';
import {
  generateRequestSchema,
  inferRequestSchema,
  inferResponseSchema,
  type ModelInterface,
} from './model-schemas.js';
import type { Operation } from './operation.js';
import { operationObject } from './operation-object.js';
import { OPERATIONS } from './operations.js';

/** What the models add to the document. */
export interface ModelPathItems {
  readonly paths: JsonSchema;
  readonly schemas: JsonSchema;
}

/** Names that can stand in a path and in a reference as they are. */
const PLAIN_NAME = /^[A-Za-z0-9._-]+$/;

/**
 * Operations of the models by name, with the inputs and outputs of each. Decoupled models have no
 * `infer` on HTTP.
 */
export function modelPathItems(models: readonly ModelInterface[]): ModelPathItems {
  const paths: Record<string, JsonSchema> = {};
  const schemas: Record<string, JsonSchema> = {};
  for (const model of models.filter(({ name }) => PLAIN_NAME.test(name))) {
    const { name } = model;
    const generate = reference(`GenerateRequest.${name}`);
    schemas[`GenerateRequest.${name}`] = generateRequestSchema(model);
    const add = (action: string, operations: readonly Operation[], body: ModelBodies) => {
      paths[`/v2/models/${name}/${action}`] = modelPathItem(name, operations, body);
    };
    if (!model.decoupled) {
      schemas[`InferRequest.${name}`] = inferRequestSchema(model);
      schemas[`InferResponse.${name}`] = inferResponseSchema(model);
      add('infer', OPERATIONS.infer, {
        request: reference(`InferRequest.${name}`),
        response: reference(`InferResponse.${name}`),
      });
      const response = reference('GenerateResponse');
      add('generate', OPERATIONS.generate, { request: generate, response });
    }
    add('generate_stream', OPERATIONS.generateStream, { request: generate, response: false });
  }
  return { paths, schemas };
}

interface ModelBodies {
  readonly request: JsonSchema;
  readonly response: JsonSchema | false;
}

function modelPathItem(
  modelName: string,
  operations: readonly Operation[],
  { request, response }: ModelBodies,
): JsonSchema {
  return Object.fromEntries(
    operations.map((operation) => [
      operation.method,
      operationObject(operation, {
        path: '',
        id: `${operation.id}.${modelName}`,
        tag: `Model ${modelName}`,
        requestSchema: request,
        responseSchema: response,
        exampleModel: undefined,
      }),
    ]),
  );
}
