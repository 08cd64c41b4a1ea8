import {
  type ConfigDataType,
  type DataType,
  InferError,
  type ModelConfig,
  type ModelInputConfig,
  type ModelOutputConfig,
} from '@nereid/core';
import { toDataType } from '@nereid/model-config';

/** One input or output of a model, as requests and responses are checked against it. */
export interface TensorRule {
  readonly modelName: string;
  /** The model has batches, even if this tensor has no batch dimension. */
  readonly batching: boolean;
  readonly name: string;
  readonly datatype: DataType;
  /** As the client sees it, without the batch dimension; -1 is a dimension of any size. */
  readonly dims: readonly number[];
  /** 1 for a tensor that begins with the batch dimension, else 0. */
  readonly batchDimensions: 0 | 1;
  /** `dims` as the model sees them, where they differ. */
  readonly reshape: readonly number[] | undefined;
}

export interface InputRule extends TensorRule {
  readonly optional: boolean;
  /** In a layout with padding, whose size only the backend knows. */
  readonly nonLinearFormat: boolean;
}

export interface RuleTable<R extends TensorRule> {
  /** In the order of the configuration, which most clients follow. */
  readonly list: readonly R[];
  readonly byName: ReadonlyMap<string, R>;
}

/** What a model's configuration demands of requests, compiled once a load for quick checks. */
export interface RequestRules {
  readonly modelName: string;
  /** 0: the tensors have no batch dimension. */
  readonly maxBatchSize: number;
  readonly inputs: RuleTable<InputRule>;
  readonly requiredInputCount: number;
  readonly outputs: RuleTable<TensorRule>;
}

/** Throws an INVALID_ARG InferError for a tensor without a usable datatype. */
export function compileRequestRules(config: ModelConfig): RequestRules {
  const inputs = config.input.map((input) => compileInput(input, config));
  return {
    modelName: config.name,
    maxBatchSize: config.maxBatchSize,
    inputs: tableOf(inputs),
    requiredInputCount: inputs.filter((rule) => !rule.optional).length,
    outputs: tableOf(config.output.map((output) => compileTensor(output, config))),
  };
}

/**
 * Finds the rule of a tensor that is expected at `index` of the configuration, but may be
 * elsewhere.
 */
export function ruleOf<R extends TensorRule>(
  table: RuleTable<R>,
  name: string,
  index: number,
): R | undefined {
  const expected = table.list[index];
  return expected?.name === name ? expected : table.byName.get(name);
}

/**
 * Puts the variable dimensions of `shape`, which matches `from`, into `to`. The first `skipped`
 * dimensions, the batch dimension, are kept.
 */
export function reshape(
  shape: readonly number[],
  skipped: number,
  dims: { readonly from: readonly number[]; readonly to: readonly number[] },
): number[] {
  const variable = shape.slice(skipped).filter((_, index) => dims.from[index] === -1);
  let next = 0;
  const inner = dims.to.map((dim) => {
    if (dim !== -1) return dim;
    next += 1;
    return variable[next - 1] ?? dim;
  });
  return [...shape.slice(0, skipped), ...inner];
}

function tableOf<R extends TensorRule>(list: readonly R[]): RuleTable<R> {
  return { list, byName: new Map(list.map((rule) => [rule.name, rule])) };
}

function compileInput(input: ModelInputConfig, config: ModelConfig): InputRule {
  return {
    ...compileTensor(input, config),
    optional: input.optional,
    nonLinearFormat: input.isNonLinearFormatIo,
  };
}

function compileTensor(
  tensor: ModelInputConfig | ModelOutputConfig,
  config: ModelConfig,
): TensorRule {
  const batching = config.maxBatchSize > 0;
  return {
    modelName: config.name,
    batching,
    name: tensor.name,
    datatype: requireDataType(tensor.name, tensor.dataType),
    dims: tensor.dims,
    // A shape tensor steers the shapes of a whole batch.
    batchDimensions: batching && !tensor.isShapeTensor ? 1 : 0,
    reshape: tensor.reshape?.shape,
  };
}

function requireDataType(name: string, dataType: ConfigDataType): DataType {
  const datatype = toDataType(dataType);
  if (datatype) return datatype;
  throw new InferError('INVALID_ARG', `tensor '${name}' must specify 'data_type'`);
}
