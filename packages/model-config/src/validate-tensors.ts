import type { ModelConfig, ModelInputConfig, ModelOutputConfig } from '@nereid/core';
import { configError } from './config-error.js';

/** The only platform whose models have shape tensors and non-linear formats. */
const TENSORRT_PLATFORM = 'tensorrt_plan';

/** Checks each input and output by itself: names, types, dims, reshape, format (spec §3.5). */
export function validateTensors(config: ModelConfig): void {
  for (const input of config.input) {
    const problem =
      tensorProblem('input', input, config) ??
      formatProblem(input) ??
      platformProblem('input', input, config);
    if (problem !== undefined) throw configError(`${problem} for ${config.name}`);
  }
  for (const output of config.output) {
    const problem =
      tensorProblem('output', output, config) ?? platformProblem('output', output, config);
    if (problem !== undefined) throw configError(`${problem} for ${config.name}`);
  }
}

type Role = 'input' | 'output';
type TensorConfig = ModelInputConfig | ModelOutputConfig;

function tensorProblem(role: Role, tensor: TensorConfig, config: ModelConfig): string | undefined {
  if (tensor.name === '') return `model ${role} must specify 'name'`;
  const problem = dataProblem(tensor) ?? reshapeProblem(tensor, config);
  return problem === undefined ? undefined : `model ${role} '${tensor.name}' ${problem}`;
}

function dataProblem({ dataType, dims }: TensorConfig): string | undefined {
  if (dataType === 'TYPE_INVALID') return "must specify 'data_type'";
  if (dims.length === 0) return "must specify 'dims'";
  return dims.every(isDimension) ? undefined : `dimension ${DIMENSION_RULE}`;
}

const DIMENSION_RULE = 'must be integer >= 1, or -1 to indicate a variable-size dimension';

function isDimension(dim: number): boolean {
  return dim >= 1 || dim === -1;
}

function reshapeProblem({ dims, reshape }: TensorConfig, config: ModelConfig): string | undefined {
  if (!reshape) return undefined;
  if (reshape.shape.length === 0 && config.maxBatchSize === 0) {
    return 'cannot have empty reshape for non-batching model as scalar tensors are not supported';
  }
  if (!reshape.shape.every(isDimension)) {
    return `reshape dimensions ${DIMENSION_RULE}`;
  }
  return sizeProblem(dims, reshape.shape);
}

/**
 * Both shapes must hold the same number of elements. Where they have variable-size dimensions,
 * these cut both into parts, which must agree one by one: [2, 4, -1, 6] may become [8, -1, 1, 6].
 */
function sizeProblem(dims: readonly number[], shape: readonly number[]): string | undefined {
  const from = partSizes(dims);
  const to = partSizes(shape);
  if (from.length > 1 && to.length > 1 && from.length !== to.length) {
    return 'has different number of variable-size dimensions for dims and reshape';
  }
  const same = from.length === to.length && from.every((size, index) => size === to[index]);
  return same ? undefined : 'has different size for dims and reshape';
}

/** The element counts between the variable-size dimensions; exact, as the product may be huge. */
function partSizes(dims: readonly number[]): readonly bigint[] {
  let size = 1n;
  const sizes: bigint[] = [];
  for (const dim of dims) {
    if (dim === -1) {
      sizes.push(size);
      size = 1n;
    } else {
      size *= BigInt(dim);
    }
  }
  return [...sizes, size];
}

function formatProblem({ format, dims }: ModelInputConfig): string | undefined {
  if (format === 'FORMAT_NONE' || dims.length === 3) return undefined;
  return 'model input NHWC/NCHW require 3 dims';
}

function platformProblem(
  role: Role,
  tensor: TensorConfig,
  config: ModelConfig,
): string | undefined {
  const isTensorRt = config.platform === TENSORRT_PLATFORM;
  if (tensor.isShapeTensor && !isTensorRt) {
    return 'shape tensors are only supported for TensorRT platform';
  }
  if (!tensor.isNonLinearFormatIo) return undefined;
  if (!isTensorRt) return 'Non-linear IO format is only supported for the TensorRT platform';
  return tensor.dims.length === 3 ? undefined : `Non-linear IO format ${role} requires 3 dims`;
}
