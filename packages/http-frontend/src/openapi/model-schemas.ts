import type { DataType, TensorMetadata } from '@nereid/core';
import { arrayOf, type JsonSchema, objectOf, reference, STRING } from './json-schema.js';

/** What is known of a ready model. */
export interface ModelInterface {
  readonly name: string;
  readonly decoupled: boolean;
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
  /** Names of the inputs that may be left out. */
  readonly optionalInputs: ReadonlySet<string>;
}

/** An example has no more elements than this. */
const MAX_EXAMPLE_ELEMENTS = 256;

interface ElementForm {
  /** Undefined for datatypes that JSON cannot carry. */
  readonly schema: JsonSchema | undefined;
  readonly example: unknown;
}

const NUMBER: ElementForm = { schema: { type: 'number' }, example: 0 };
const BINARY_ONLY: ElementForm = { schema: undefined, example: undefined };

function integer(minimum: number, maximum: number): ElementForm {
  return { schema: { type: 'integer', minimum, maximum }, example: 0 };
}

const ELEMENTS = {
  BOOL: { schema: { type: 'boolean' }, example: false },
  UINT8: integer(0, 0xff),
  UINT16: integer(0, 0xffff),
  UINT32: integer(0, 0xffff_ffff),
  UINT64: integer(0, Number.MAX_SAFE_INTEGER),
  INT8: integer(-0x80, 0x7f),
  INT16: integer(-0x8000, 0x7fff),
  INT32: integer(-0x8000_0000, 0x7fff_ffff),
  INT64: integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  FP16: BINARY_ONLY,
  FP32: NUMBER,
  FP64: NUMBER,
  BYTES: { schema: STRING, example: 'text' },
  BF16: BINARY_ONLY,
} as const satisfies Record<DataType, ElementForm>;

/** The body of a request to `infer` for one model. */
export function inferRequestSchema(model: ModelInterface): JsonSchema {
  const required = model.inputs.filter(({ name }) => !model.optionalInputs.has(name));
  const inputs = model.inputs.map(inputSchema);
  const outputs = model.outputs.map(({ name }) => name);
  return objectOf(
    {
      'id?': STRING,
      'parameters?': reference('RequestParameters'),
      inputs: {
        type: 'array',
        minItems: required.length,
        maxItems: inputs.length,
        ...(inputs.length === 0
          ? {}
          : { items: inputs.length > 1 ? { anyOf: inputs } : inputs[0] }),
      },
      'outputs?': arrayOf(
        objectOf({
          name: { type: 'string', enum: outputs },
          'parameters?': reference('OutputParameters'),
        }),
      ),
    },
    exampleOf(required, () => ({ inputs: required.map(exampleInput) })),
  );
}

/** The body of a request to `generate` or `generate_stream` for one model. */
export function generateRequestSchema(model: ModelInterface): JsonSchema {
  const members = model.inputs.map(({ name, datatype }) => {
    const element = ELEMENTS[datatype].schema ?? {};
    const isOptional = model.optionalInputs.has(name);
    return [isOptional ? `${name}?` : name, { anyOf: [element, arrayOf(element)] }] as const;
  });
  const required = model.inputs.filter(({ name }) => !model.optionalInputs.has(name));
  const example = () => Object.fromEntries(required.map((input) => [input.name, flatData(input)]));
  return objectOf(Object.fromEntries(members), exampleOf(required, example));
}

/** The body of a response to `infer` of one model. */
export function inferResponseSchema(model: ModelInterface): JsonSchema {
  const output = model.outputs.map(({ name }) => name);
  const names: JsonSchema = { properties: { name: { enum: output } } };
  const outputs = arrayOf({ allOf: [reference('ResponseOutput'), names] });
  return { allOf: [reference('InferResponse'), { properties: { outputs } }] };
}

function inputSchema({ name, datatype, shape }: TensorMetadata): JsonSchema {
  const element = ELEMENTS[datatype].schema;
  return objectOf(
    {
      name: { const: name },
      datatype: { const: datatype },
      shape: {
        type: 'array',
        prefixItems: shape.map((size) =>
          size < 0 ? { type: 'integer', minimum: 0 } : { const: size },
        ),
        minItems: shape.length,
        maxItems: shape.length,
      },
      'parameters?': reference('InputParameters'),
      ...(element === undefined
        ? {}
        : { 'data?': { type: 'array', items: { anyOf: [element, { type: 'array' }] } } }),
    },
    { description: element === undefined ? `${datatype} cannot be sent as JSON` : datatype },
  );
}

/** No example for what JSON cannot carry, nor for large tensors. */
function exampleOf(inputs: readonly TensorMetadata[], make: () => unknown): JsonSchema {
  const fits = ({ datatype, shape }: TensorMetadata) =>
    ELEMENTS[datatype].schema !== undefined && elementCount(shape) <= MAX_EXAMPLE_ELEMENTS;
  return inputs.every(fits) ? { examples: [make()] } : {};
}

function exampleInput(input: TensorMetadata) {
  const shape = input.shape.map(exampleSize);
  return { name: input.name, datatype: input.datatype, shape, data: flatData(input) };
}

function flatData({ datatype, shape }: TensorMetadata): unknown[] {
  return new Array(elementCount(shape)).fill(ELEMENTS[datatype].example);
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * exampleSize(size), 1);
}

function exampleSize(size: number): number {
  return size < 0 ? 1 : size;
}
