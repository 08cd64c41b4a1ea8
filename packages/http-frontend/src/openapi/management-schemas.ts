/** The bodies of every endpoint but inference (spec §1.8, §1.16). */

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

const DURATION = reference('StatisticDuration');
const VERSION: JsonSchema = { type: 'string', pattern: '^[0-9]+$' };
const TRACE_LEVELS = arrayOf({ type: 'string', enum: ['OFF', 'TIMESTAMPS', 'TENSORS'] });
const TRACE_NUMBER: JsonSchema = { type: 'string', pattern: '^-?[0-9]+$' };
const LOG_FORMAT: JsonSchema = { type: 'string', enum: ['default', 'ISO8601', 'json'] };

function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, { type: 'null' }] };
}

export const MANAGEMENT_SCHEMAS = {
  ServerMetadata: objectOf({ name: STRING, version: STRING, extensions: arrayOf(STRING) }),
  TensorMetadata: objectOf({
    name: STRING,
    datatype: reference('Datatype'),
    shape: arrayOf({ type: 'integer', minimum: -1 }, { description: '-1 is of any size' }),
  }),
  ModelMetadata: objectOf({
    name: STRING,
    versions: arrayOf(VERSION),
    platform: STRING,
    inputs: arrayOf(reference('TensorMetadata')),
    outputs: arrayOf(reference('TensorMetadata')),
  }),
  ModelConfig: objectOf(
    { name: STRING },
    { description: 'The message ModelConfig of model_config.proto, completed, as JSON' },
  ),
  StatisticDuration: objectOf({ count: UNSIGNED, ns: UNSIGNED }),
  InferStatistics: objectOf({
    success: DURATION,
    fail: DURATION,
    queue: DURATION,
    compute_input: DURATION,
    compute_infer: DURATION,
    compute_output: DURATION,
    cache_hit: DURATION,
    cache_miss: DURATION,
  }),
  ResponseStatistics: objectOf({
    compute_infer: DURATION,
    compute_output: DURATION,
    success: DURATION,
    fail: DURATION,
    empty_response: DURATION,
    cancel: DURATION,
  }),
  BatchStatistics: objectOf({
    batch_size: UNSIGNED,
    compute_input: DURATION,
    compute_infer: DURATION,
    compute_output: DURATION,
  }),
  ModelStatistics: objectOf({
    name: STRING,
    version: VERSION,
    last_inference: { ...UNSIGNED, description: 'Milliseconds since 1970' },
    inference_count: UNSIGNED,
    execution_count: UNSIGNED,
    inference_stats: reference('InferStatistics'),
    response_stats: {
      type: 'object',
      description: 'Of decoupled models, by the index of the response',
      additionalProperties: reference('ResponseStatistics'),
    },
    batch_stats: arrayOf(reference('BatchStatistics')),
    memory_usage: arrayOf(objectOf({ type: STRING, id: UNSIGNED, byte_size: UNSIGNED })),
  }),
  Statistics: objectOf({ model_stats: arrayOf(reference('ModelStatistics')) }),
  LogSettings: objectOf({
    log_file: STRING,
    log_info: BOOLEAN,
    log_warning: BOOLEAN,
    log_error: BOOLEAN,
    log_verbose_level: UNSIGNED,
    log_format: LOG_FORMAT,
  }),
  LogSettingsUpdate: objectOf({
    'log_info?': orNull(BOOLEAN),
    'log_warning?': orNull(BOOLEAN),
    'log_error?': orNull(BOOLEAN),
    'log_verbose_level?': orNull(UNSIGNED),
    'log_format?': orNull(LOG_FORMAT),
  }),
  TraceSettings: objectOf(
    {
      trace_level: TRACE_LEVELS,
      trace_rate: TRACE_NUMBER,
      trace_count: TRACE_NUMBER,
      log_frequency: TRACE_NUMBER,
      'trace_file?': STRING,
      trace_mode: STRING,
    },
    { description: 'In the mode opentelemetry with the settings of the exporter' },
  ),
  TraceSettingsUpdate: objectOf(
    {
      'trace_level?': orNull(TRACE_LEVELS),
      'trace_rate?': orNull(TRACE_NUMBER),
      'trace_count?': orNull(TRACE_NUMBER),
      'log_frequency?': orNull(TRACE_NUMBER),
    },
    { description: 'Null takes a setting back to what it was' },
  ),
  RepositoryIndexRequest: objectOf({ 'ready?': BOOLEAN }),
  RepositoryIndex: arrayOf(
    objectOf({
      name: STRING,
      'version?': VERSION,
      'state?': { enum: ['UNKNOWN', 'READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING'] },
      'reason?': STRING,
    }),
  ),
  LoadRequest: objectOf({
    'parameters?': objectOf(
      { 'config?': text('A ModelConfig as JSON text') },
      { description: '`file:<path>`: a file in base64', additionalProperties: STRING },
    ),
  }),
  UnloadRequest: objectOf({ 'parameters?': objectOf({ 'unload_dependents?': BOOLEAN }) }),
  SystemSharedMemoryRegion: objectOf({
    key: STRING,
    'offset?': UNSIGNED,
    byte_size: UNSIGNED,
  }),
  CudaSharedMemoryRegion: objectOf({
    raw_handle: objectOf({ b64: STRING }),
    device_id: UNSIGNED,
    byte_size: UNSIGNED,
  }),
  SystemSharedMemoryStatus: arrayOf(
    objectOf({ name: STRING, key: STRING, offset: UNSIGNED, byte_size: UNSIGNED }),
  ),
  CudaSharedMemoryStatus: arrayOf(
    objectOf({ name: STRING, device_id: UNSIGNED, byte_size: UNSIGNED }),
  ),
} as const satisfies Record<string, JsonSchema>;
