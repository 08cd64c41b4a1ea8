/** The schemas of the `scheduling_choice`: dynamic batching, sequence batching, ensembles. */
import type {
  EnsembleStep,
  InitialStateConfig,
  ModelDynamicBatching,
  ModelEnsembling,
  ModelQueuePolicy,
  ModelSequenceBatching,
  SequenceControl,
  SequenceStateConfig,
} from '@nereid/core';
import {
  BOOL,
  choice,
  enumOf,
  FLOAT,
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
  UINT64,
} from './message-schema.js';
import { DATA_TYPE } from './tensor-schema.js';

const QUEUE_POLICY = messageSchema<ModelQueuePolicy>('inference.ModelQueuePolicy', {
  timeoutAction: scalar(enumOf('REJECT', 'DELAY')),
  defaultTimeoutMicroseconds: scalar(UINT64),
  allowTimeoutOverride: scalar(BOOL),
  maxQueueSize: scalar(UINT32),
});

export const DYNAMIC_BATCHING = messageSchema<ModelDynamicBatching>(
  'inference.ModelDynamicBatching',
  {
    preferredBatchSize: repeated(INT32),
    maxQueueDelayMicroseconds: scalar(UINT64),
    preserveOrdering: scalar(BOOL),
    priorityLevels: scalar(UINT64),
    defaultPriorityLevel: scalar(UINT64),
    defaultQueuePolicy: message(QUEUE_POLICY),
    priorityQueuePolicy: map(messageOf(QUEUE_POLICY), 'uint64'),
  },
);

const CONTROL = messageSchema<SequenceControl>('inference.ModelSequenceBatching.Control', {
  kind: scalar(
    enumOf(
      'CONTROL_SEQUENCE_START',
      'CONTROL_SEQUENCE_READY',
      'CONTROL_SEQUENCE_END',
      'CONTROL_SEQUENCE_CORRID',
    ),
  ),
  int32FalseTrue: repeated(INT32),
  fp32FalseTrue: repeated(FLOAT),
  boolFalseTrue: repeated(BOOL),
  dataType: scalar(DATA_TYPE),
});

const CONTROL_INPUT = messageSchema<ModelSequenceBatching['controlInput'][number]>(
  'inference.ModelSequenceBatching.ControlInput',
  { name: scalar(STRING), control: repeated(messageOf(CONTROL)) },
);

const INITIAL_STATE = messageSchema<InitialStateConfig>(
  'inference.ModelSequenceBatching.InitialState',
  {
    dataType: scalar(DATA_TYPE),
    dims: repeated(INT64, { quoted: true }),
    zeroData: choice(BOOL, 'state_data'),
    dataFile: choice(STRING, 'state_data'),
    name: scalar(STRING),
  },
);

const STATE = messageSchema<SequenceStateConfig>('inference.ModelSequenceBatching.State', {
  inputName: scalar(STRING),
  outputName: scalar(STRING),
  dataType: scalar(DATA_TYPE),
  dims: repeated(INT64),
  initialState: repeated(messageOf(INITIAL_STATE)),
  useSameBufferForInputOutput: scalar(BOOL),
  useGrowableMemory: scalar(BOOL),
});

const DIRECT = messageSchema<NonNullable<ModelSequenceBatching['direct']>>(
  'inference.ModelSequenceBatching.StrategyDirect',
  { maxQueueDelayMicroseconds: scalar(UINT64), minimumSlotUtilization: scalar(FLOAT) },
);

const OLDEST = messageSchema<NonNullable<ModelSequenceBatching['oldest']>>(
  'inference.ModelSequenceBatching.StrategyOldest',
  {
    maxCandidateSequences: scalar(INT32),
    preferredBatchSize: repeated(INT32),
    maxQueueDelayMicroseconds: scalar(UINT64),
    preserveOrdering: scalar(BOOL),
  },
);

export const SEQUENCE_BATCHING = messageSchema<ModelSequenceBatching>(
  'inference.ModelSequenceBatching',
  {
    direct: message(DIRECT, 'strategy_choice'),
    oldest: message(OLDEST, 'strategy_choice'),
    maxSequenceIdleMicroseconds: scalar(UINT64),
    controlInput: repeated(messageOf(CONTROL_INPUT)),
    state: repeated(messageOf(STATE)),
    iterativeSequence: scalar(BOOL),
  },
);

const STEP = messageSchema<EnsembleStep>('inference.ModelEnsembling.Step', {
  modelName: scalar(STRING),
  modelVersion: scalar(INT64),
  inputMap: map(STRING),
  outputMap: map(STRING),
  modelNamespace: scalar(STRING),
});

export const ENSEMBLING = messageSchema<ModelEnsembling>('inference.ModelEnsembling', {
  step: repeated(messageOf(STEP)),
  maxInflightRequests: scalar(UINT32, { omitZero: true }),
});
