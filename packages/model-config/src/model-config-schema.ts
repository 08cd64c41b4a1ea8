import type {
  MetricControl,
  ModelConfig,
  ModelVersionPolicy,
  ModelWarmup,
  NamedParameters,
  WarmupInput,
} from '@nereid/core';
import {
  BOOL,
  choice,
  DOUBLE,
  INT32,
  INT64,
  map,
  message,
  messageOf,
  messageSchema,
  repeated,
  STRING,
  scalar,
  UINT32,
} from './message-schema.js';
import { INSTANCE_GROUP, OPTIMIZATION } from './placement-schema.js';
import { DYNAMIC_BATCHING, ENSEMBLING, SEQUENCE_BATCHING } from './scheduling-schema.js';
import {
  BATCH_INPUT,
  BATCH_OUTPUT,
  DATA_TYPE,
  MODEL_INPUT,
  MODEL_OUTPUT,
} from './tensor-schema.js';

type Part<Property extends keyof ModelConfig> = NonNullable<ModelConfig[Property]>;

const LATEST = messageSchema<NonNullable<ModelVersionPolicy['latest']>>(
  'inference.ModelVersionPolicy.Latest',
  { numVersions: scalar(UINT32) },
);

const ALL = messageSchema<NonNullable<ModelVersionPolicy['all']>>(
  'inference.ModelVersionPolicy.All',
  {},
);

const SPECIFIC = messageSchema<NonNullable<ModelVersionPolicy['specific']>>(
  'inference.ModelVersionPolicy.Specific',
  { versions: repeated(INT64) },
);

const VERSION_POLICY = messageSchema<ModelVersionPolicy>('inference.ModelVersionPolicy', {
  latest: message(LATEST, 'policy_choice'),
  all: message(ALL, 'policy_choice'),
  specific: message(SPECIFIC, 'policy_choice'),
});

const PARAMETER = messageSchema<ModelConfig['parameters'][string]>('inference.ModelParameter', {
  stringValue: scalar(STRING),
});

const WARMUP_INPUT = messageSchema<WarmupInput>('inference.ModelWarmup.Input', {
  dataType: scalar(DATA_TYPE),
  dims: repeated(INT64),
  zeroData: choice(BOOL, 'input_data_type'),
  randomData: choice(BOOL, 'input_data_type'),
  inputDataFile: choice(STRING, 'input_data_type'),
});

const WARMUP = messageSchema<ModelWarmup>('inference.ModelWarmup', {
  name: scalar(STRING),
  batchSize: scalar(UINT32),
  inputs: map(messageOf(WARMUP_INPUT)),
  count: scalar(UINT32),
});

const OPERATIONS = messageSchema<Part<'modelOperations'>>('inference.ModelOperations', {
  opLibraryFilename: repeated(STRING),
});

const TRANSACTION_POLICY = messageSchema<Part<'modelTransactionPolicy'>>(
  'inference.ModelTransactionPolicy',
  { decoupled: scalar(BOOL) },
);

const REPO_AGENT = messageSchema<NamedParameters>('inference.ModelRepositoryAgents.Agent', {
  name: scalar(STRING),
  parameters: map(STRING),
});

const REPO_AGENTS = messageSchema<Part<'modelRepositoryAgents'>>(
  'inference.ModelRepositoryAgents',
  { agents: repeated(messageOf(REPO_AGENT)) },
);

const RESPONSE_CACHE = messageSchema<Part<'responseCache'>>('inference.ModelResponseCache', {
  enable: scalar(BOOL),
});

const METRIC_CONTROL = messageSchema<MetricControl>('inference.ModelMetrics.MetricControl', {
  metricIdentifier: message(
    messageSchema<NonNullable<MetricControl['metricIdentifier']>>(
      'inference.ModelMetrics.MetricControl.MetricIdentifier',
      { family: scalar(STRING) },
    ),
  ),
  histogramOptions: message(
    messageSchema<NonNullable<MetricControl['histogramOptions']>>(
      'inference.ModelMetrics.MetricControl.HistogramOptions',
      { buckets: repeated(DOUBLE) },
    ),
    'metric_options',
  ),
});

const METRICS = messageSchema<Part<'modelMetrics'>>('inference.ModelMetrics', {
  metricControl: repeated(messageOf(METRIC_CONTROL)),
});

/** The root of the schema: spec §3.1, in the order of declaration in `model_config.proto`. */
export const MODEL_CONFIG = messageSchema<ModelConfig>('inference.ModelConfig', {
  name: scalar(STRING),
  platform: scalar(STRING),
  backend: scalar(STRING),
  runtime: scalar(STRING),
  versionPolicy: message(VERSION_POLICY),
  maxBatchSize: scalar(INT32),
  input: repeated(messageOf(MODEL_INPUT)),
  output: repeated(messageOf(MODEL_OUTPUT)),
  batchInput: repeated(messageOf(BATCH_INPUT)),
  batchOutput: repeated(messageOf(BATCH_OUTPUT)),
  optimization: message(OPTIMIZATION),
  dynamicBatching: message(DYNAMIC_BATCHING, 'scheduling_choice'),
  sequenceBatching: message(SEQUENCE_BATCHING, 'scheduling_choice'),
  ensembleScheduling: message(ENSEMBLING, 'scheduling_choice'),
  instanceGroup: repeated(messageOf(INSTANCE_GROUP)),
  defaultModelFilename: scalar(STRING),
  ccModelFilenames: map(STRING),
  metricTags: map(STRING),
  parameters: map(messageOf(PARAMETER)),
  modelWarmup: repeated(messageOf(WARMUP)),
  modelOperations: message(OPERATIONS),
  modelTransactionPolicy: message(TRANSACTION_POLICY),
  modelRepositoryAgents: message(REPO_AGENTS),
  responseCache: message(RESPONSE_CACHE),
  modelMetrics: message(METRICS),
});
