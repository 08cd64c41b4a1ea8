import {
  type DataType,
  InferError,
  type ModelConfig,
  type ModelInputConfig,
  type ModelOutputConfig,
} from '@nereid/core';
import { toConfigDataType } from './data-type-names.js';
import { MessageBuilder } from './message-builder.js';
import { DYNAMIC_BATCHING } from './scheduling-schema.js';
import { MODEL_INPUT, MODEL_OUTPUT } from './tensor-schema.js';

/** A tensor as the model's file declares it: all dimensions, -1 for one of any size. */
export interface SignatureTensor {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
}

export interface ModelSignature {
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

export interface SignatureOptions {
  /** `--backend-config=default-max-batch-size`, 4 unless set. */
  readonly defaultMaxBatchSize: number;
}

/**
 * Completes inputs, outputs, `maxBatchSize` and the dynamic batcher from a model file's signature,
 * by the rules of Triton's ONNX Runtime backend (spec §3.4), which other file-based backends share.
 * A configuration that lists inputs and outputs stays as it is; tensors of `batchInput` count as
 * inputs. Throws an INVALID_ARG InferError when the configuration asks a model to batch that
 * cannot.
 */
export function completeFromSignature(
  config: ModelConfig,
  signature: ModelSignature,
  options: SignatureOptions,
): ModelConfig {
  const needsInputs = config.input.length === 0 && config.batchInput.length === 0;
  const needsOutputs = config.output.length === 0;
  if (!needsInputs && !needsOutputs) return config;
  const batching = completeBatching(config, signature, options);
  const isBatched = batching.maxBatchSize > 0;
  const own = ownTensors(config);
  return {
    ...config,
    ...batching,
    input: needsInputs
      ? signature.inputs
          .filter((tensor) => !own.inputs.has(tensor.name))
          .map((tensor) => toInputConfig(tensor, isBatched))
      : config.input,
    output: needsOutputs
      ? signature.outputs
          .filter((tensor) => !own.outputs.has(tensor.name))
          .map((tensor) => toOutputConfig(tensor, isBatched))
      : config.output,
  };
}

type Batching = Pick<ModelConfig, 'maxBatchSize' | 'dynamicBatching'>;

function completeBatching(
  config: ModelConfig,
  signature: ModelSignature,
  { defaultMaxBatchSize }: SignatureOptions,
): Batching {
  const { maxBatchSize, dynamicBatching } = config;
  if (!canBatch(signature)) {
    if (maxBatchSize === 0) return { maxBatchSize, dynamicBatching };
    throw new InferError(
      'INVALID_ARG',
      `autofill failed for model '${config.name}': model does not support batching while ` +
        'non-zero max_batch_size is specified',
    );
  }
  const size = maxBatchSize === 0 ? Math.max(defaultMaxBatchSize, 0) : maxBatchSize;
  const isScheduled = config.sequenceBatching !== undefined || dynamicBatching !== undefined;
  if (size <= 1 || isScheduled) return { maxBatchSize: size, dynamicBatching };
  return { maxBatchSize: size, dynamicBatching: new MessageBuilder(DYNAMIC_BATCHING).finish() };
}

/** A model batches when each of its tensors has a first dimension of any size. */
function canBatch({ inputs, outputs }: ModelSignature): boolean {
  return [...inputs, ...outputs].every((tensor) => tensor.shape[0] === -1);
}

/** The names of tensors that the sequence batcher feeds and reads, which no request carries. */
function ownTensors({ sequenceBatching }: ModelConfig) {
  const states = sequenceBatching?.state ?? [];
  const controls = sequenceBatching?.controlInput ?? [];
  return {
    inputs: new Set([
      ...states.map((state) => state.inputName),
      ...controls.map((control) => control.name),
    ]),
    outputs: new Set(states.map((state) => state.outputName)),
  };
}

function toInputConfig(tensor: SignatureTensor, isBatched: boolean): ModelInputConfig {
  return { ...new MessageBuilder(MODEL_INPUT).finish(), ...describe(tensor, isBatched) };
}

function toOutputConfig(tensor: SignatureTensor, isBatched: boolean): ModelOutputConfig {
  return { ...new MessageBuilder(MODEL_OUTPUT).finish(), ...describe(tensor, isBatched) };
}

/**
 * A configuration has no empty dims, so that a scalar is written as one element. With batching, an
 * empty reshape takes that away again; without, Triton allows none.
 */
function describe(
  { name, datatype, shape }: SignatureTensor,
  isBatched: boolean,
): Pick<ModelInputConfig, 'name' | 'dataType' | 'dims' | 'reshape'> {
  const dims = isBatched ? shape.slice(1) : [...shape];
  const isScalar = dims.length === 0;
  return {
    name,
    dataType: toConfigDataType(datatype),
    dims: isScalar ? [1] : dims,
    reshape: isScalar && isBatched ? { shape: [] } : undefined,
  };
}
