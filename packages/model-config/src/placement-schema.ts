/** The schemas of what concerns devices: instance groups, the rate limiter, optimization. */
import type {
  CudaOptimization,
  ModelInstanceGroup,
  ModelOptimizationPolicy,
  NamedParameters,
  RateLimiterConfig,
} from '@nereid/core';
import {
  BOOL,
  enumOf,
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

const RATE_LIMITER = messageSchema<RateLimiterConfig>('inference.ModelRateLimiter', {
  resources: repeated(
    messageOf(
      messageSchema<RateLimiterConfig['resources'][number]>('inference.ModelRateLimiter.Resource', {
        name: scalar(STRING),
        global: scalar(BOOL),
        count: scalar(UINT32),
      }),
    ),
  ),
  priority: scalar(UINT32),
});

const SECONDARY_DEVICE = messageSchema<ModelInstanceGroup['secondaryDevices'][number]>(
  'inference.ModelInstanceGroup.SecondaryDevice',
  { kind: scalar(enumOf('KIND_NVDLA')), deviceId: scalar(INT64, { quoted: true }) },
);

export const INSTANCE_GROUP = messageSchema<ModelInstanceGroup>('inference.ModelInstanceGroup', {
  name: scalar(STRING),
  kind: scalar(enumOf('KIND_AUTO', 'KIND_GPU', 'KIND_CPU', 'KIND_MODEL')),
  count: scalar(INT32),
  rateLimiter: message(RATE_LIMITER),
  gpus: repeated(INT32),
  secondaryDevices: repeated(messageOf(SECONDARY_DEVICE)),
  profile: repeated(STRING),
  passive: scalar(BOOL),
  hostPolicy: scalar(STRING),
});

const ACCELERATOR = messageSchema<NamedParameters>(
  'inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator',
  { name: scalar(STRING), parameters: map(STRING) },
);

const ACCELERATORS = messageSchema<NonNullable<ModelOptimizationPolicy['executionAccelerators']>>(
  'inference.ModelOptimizationPolicy.ExecutionAccelerators',
  {
    gpuExecutionAccelerator: repeated(messageOf(ACCELERATOR)),
    cpuExecutionAccelerator: repeated(messageOf(ACCELERATOR)),
  },
);

const GRAPH = messageSchema<NonNullable<ModelOptimizationPolicy['graph']>>(
  'inference.ModelOptimizationPolicy.Graph',
  { level: scalar(INT32) },
);

type GraphSpec = CudaOptimization['graphSpec'][number];

const SHAPE = messageSchema<{ readonly dim: readonly number[] }>(
  'inference.ModelOptimizationPolicy.Cuda.GraphSpec.Shape',
  {
    dim: repeated(INT64, { quoted: true }),
  },
);

const LOWER_BOUND = messageSchema<NonNullable<GraphSpec['graphLowerBound']>>(
  'inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound',
  { batchSize: scalar(INT32), input: map(messageOf(SHAPE)) },
);

const GRAPH_SPEC = messageSchema<GraphSpec>('inference.ModelOptimizationPolicy.Cuda.GraphSpec', {
  batchSize: scalar(INT32),
  input: map(messageOf(SHAPE)),
  graphLowerBound: message(LOWER_BOUND),
});

const CUDA = messageSchema<CudaOptimization>('inference.ModelOptimizationPolicy.Cuda', {
  graphs: scalar(BOOL),
  busyWaitEvents: scalar(BOOL),
  graphSpec: repeated(messageOf(GRAPH_SPEC)),
  outputCopyStream: scalar(BOOL),
});

const PINNED_MEMORY = messageSchema<NonNullable<ModelOptimizationPolicy['inputPinnedMemory']>>(
  'inference.ModelOptimizationPolicy.PinnedMemoryBuffer',
  { enable: scalar(BOOL) },
);

export const OPTIMIZATION = messageSchema<ModelOptimizationPolicy>(
  'inference.ModelOptimizationPolicy',
  {
    graph: message(GRAPH),
    priority: scalar(enumOf('PRIORITY_DEFAULT', 'PRIORITY_MAX', 'PRIORITY_MIN')),
    cuda: message(CUDA),
    executionAccelerators: message(ACCELERATORS),
    inputPinnedMemory: message(PINNED_MEMORY),
    outputPinnedMemory: message(PINNED_MEMORY),
    gatherKernelBufferThreshold: scalar(UINT32),
    eagerBatching: scalar(BOOL),
  },
);
