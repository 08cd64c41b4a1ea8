/** The bodies of the inference endpoints (spec §1.2, §1.3, §1.5). */

import {
  arrayOf,
  BOOLEAN,
  type JsonSchema,
  objectOf,
  reference,
  STRING,
  text,
  UNSIGNED,
} from './json-schema.js';

const DATATYPES = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
  'BF16',
] as const;

const PLACEMENT = {
  'shared_memory_region?': text('The registered region that holds the tensor'),
  'shared_memory_offset?': UNSIGNED,
  'shared_memory_byte_size?': UNSIGNED,
} as const;

const TENSOR_DATA: JsonSchema = {
  type: 'array',
  description: 'The elements in row-major order, flat or nested',
  items: {},
};

export const INFERENCE_SCHEMAS = {
  Datatype: { type: 'string', enum: DATATYPES },
  Shape: arrayOf(UNSIGNED),
  RequestParameters: objectOf(
    {
      'sequence_id?': { anyOf: [UNSIGNED, { type: 'string', maxLength: 128 }] },
      'sequence_start?': BOOLEAN,
      'sequence_end?': BOOLEAN,
      'priority?': UNSIGNED,
      'timeout?': { ...UNSIGNED, description: 'Microseconds' },
      'binary_data_output?': { ...BOOLEAN, description: 'Outputs as bytes unless they differ' },
    },
    {
      description: 'Others go to the model',
      propertyNames: { not: { pattern: '^triton_' } },
      additionalProperties: { type: ['string', 'integer', 'boolean', 'number'] },
    },
  ),
  InputParameters: objectOf({
    'binary_data_size?': { ...UNSIGNED, description: 'Bytes of the tensor after the JSON' },
    ...PLACEMENT,
  }),
  OutputParameters: objectOf({
    'binary_data?': { ...BOOLEAN, description: 'The tensor as bytes after the JSON' },
    'classification?': { ...UNSIGNED, description: 'Answer the top classes as text' },
    ...PLACEMENT,
  }),
  RequestInput: objectOf({
    name: STRING,
    datatype: reference('Datatype'),
    shape: reference('Shape'),
    'parameters?': reference('InputParameters'),
    'data?': TENSOR_DATA,
  }),
  RequestOutput: objectOf({ name: STRING, 'parameters?': reference('OutputParameters') }),
  InferRequest: objectOf({
    'id?': STRING,
    'parameters?': reference('RequestParameters'),
    inputs: arrayOf(reference('RequestInput')),
    'outputs?': arrayOf(reference('RequestOutput')),
  }),
  ResponseOutput: objectOf({
    name: STRING,
    datatype: reference('Datatype'),
    shape: reference('Shape'),
    'parameters?': objectOf({ 'binary_data_size?': UNSIGNED }),
    'data?': { ...TENSOR_DATA, description: 'The elements in row-major order, flat' },
  }),
  InferResponse: objectOf({
    'id?': STRING,
    model_name: STRING,
    model_version: STRING,
    'parameters?': { type: 'object' },
    outputs: arrayOf(reference('ResponseOutput')),
  }),
  GenerateRequest: objectOf(
    { 'id?': STRING, 'parameters?': { type: 'object' } },
    { description: 'Inputs by name, a single element or a list; other members are parameters' },
  ),
  GenerateResponse: {
    description: 'Outputs by name, single elements as such',
    anyOf: [objectOf({ model_name: STRING, model_version: STRING }), reference('Error')],
  },
} as const satisfies Record<string, JsonSchema>;
