import {
  InferError,
  type ModelConfig,
  type ModelDynamicBatching,
  type ModelInputConfig,
  type ModelOutputConfig,
  schedulingChoice,
} from '@nereid/core';
import { toConfigDataType } from '@nereid/model-config';
import type { CompletedTensor, ConfigCompletion } from './model-api.js';

const DEFAULT_DYNAMIC_BATCHING: ModelDynamicBatching = {
  preferredBatchSize: [],
  maxQueueDelayMicroseconds: 0,
  preserveOrdering: false,
  priorityLevels: 0,
  defaultPriorityLevel: 0,
  defaultQueuePolicy: undefined,
  priorityQueuePolicy: {},
};

/**
 * Adds to a configuration what its model says of itself. Throws an INVALID_ARG InferError where the
 * two contradict each other.
 */
export function applyCompletion(config: ModelConfig, completion: ConfigCompletion): ModelConfig {
  const { inputs = [], outputs = [], dynamicBatching } = completion;
  for (const tensor of inputs) checkAgreement(config, 'input', tensor);
  for (const tensor of outputs) checkAgreement(config, 'output', tensor);
  const addBatcher = dynamicBatching && schedulingChoice(config) === 'default';
  return {
    ...config,
    maxBatchSize: completedBatchSize(config, completion),
    input: mergeTensors(config.input, inputs, newInput),
    output: mergeTensors(config.output, outputs, newOutput),
    dynamicBatching: addBatcher ? DEFAULT_DYNAMIC_BATCHING : config.dynamicBatching,
    modelTransactionPolicy: completedPolicy(config, completion),
  };
}

function completedBatchSize({ name, maxBatchSize }: ModelConfig, completion: ConfigCompletion) {
  const { maxBatchSize: supported = maxBatchSize } = completion;
  if (maxBatchSize <= supported) return maxBatchSize === 0 ? supported : maxBatchSize;
  throw new InferError(
    'INVALID_ARG',
    `unable to load model '${name}', configuration specifies max_batch_size ${maxBatchSize}, ` +
      `model supports ${supported}`,
  );
}

function completedPolicy(config: ModelConfig, { decoupled }: ConfigCompletion) {
  const written = config.modelTransactionPolicy;
  if (decoupled === undefined || written?.decoupled === decoupled) return written;
  if (!written) return { decoupled };
  throw new InferError(
    'INVALID_ARG',
    `unable to load model '${config.name}', configuration specifies decoupled ` +
      `${written.decoupled}, model provides ${decoupled}`,
  );
}

/** The written tensors, their gaps filled, and then those that only the model names. */
function mergeTensors<T extends ModelInputConfig | ModelOutputConfig>(
  written: readonly T[],
  completed: readonly CompletedTensor[],
  create: (tensor: CompletedTensor) => T,
): readonly T[] {
  const filled = written.map((io) => {
    const tensor = completed.find(({ name }) => name === io.name);
    if (!tensor) return io;
    const dataType = toConfigDataType(tensor.datatype);
    return { ...io, dataType, dims: io.dims.length > 0 ? io.dims : tensor.dims };
  });
  const added = completed.filter(({ name }) => !written.some((io) => io.name === name));
  return [...filled, ...added.map(create)];
}

function checkAgreement(
  config: ModelConfig,
  kind: 'input' | 'output',
  tensor: CompletedTensor,
): void {
  const io = config[kind].find(({ name }) => name === tensor.name);
  if (!io) return;
  const provided = toConfigDataType(tensor.datatype);
  if (io.dataType !== 'TYPE_INVALID' && io.dataType !== provided) {
    throw new InferError(
      'INVALID_ARG',
      `unable to load model '${config.name}', configuration expects datatype ${io.dataType} for ` +
        `${kind} '${io.name}', model provides ${provided}`,
    );
  }
  if (io.dims.length > 0 && String(io.dims) !== String(tensor.dims)) {
    throw new InferError(
      'INVALID_ARG',
      `model '${config.name}', tensor '${io.name}': the model expects dims [${tensor.dims}] but ` +
        `the model configuration specifies dims [${io.dims}]`,
    );
  }
}

function newInput(tensor: CompletedTensor): ModelInputConfig {
  return {
    name: tensor.name,
    dataType: toConfigDataType(tensor.datatype),
    format: 'FORMAT_NONE',
    dims: tensor.dims,
    reshape: undefined,
    isShapeTensor: false,
    allowRaggedBatch: false,
    optional: tensor.optional ?? false,
    isNonLinearFormatIo: false,
  };
}

function newOutput(tensor: CompletedTensor): ModelOutputConfig {
  return {
    name: tensor.name,
    dataType: toConfigDataType(tensor.datatype),
    dims: tensor.dims,
    reshape: undefined,
    labelFilename: '',
    isShapeTensor: false,
    isNonLinearFormatIo: false,
  };
}
