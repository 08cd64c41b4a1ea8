import {
  type BatchInputConfig,
  type DataType,
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  type ModelConfig,
  type PendingRequest,
  type Tensor,
} from '@nereid/core';
import { joinedInput, type PackedTensors, type PackParts, packParts } from './pack-tensors.js';
import { answerBatch, splitRows } from './scatter-outputs.js';

interface OutputRule {
  readonly sourceInput: string;
  /** With the batch dimension; -1 is the size that the source input has there. */
  readonly shape: readonly number[];
}

/**
 * What a batch of a model with ragged inputs, `batch_input` or `batch_output` looks like to the
 * model: ragged inputs are one row of elements, batch inputs tell where each request's are, and
 * batch outputs are cut by them (spec §3.1).
 */
export class BatchTensors {
  readonly #ragged: ReadonlySet<string>;
  readonly #inputs: readonly BatchInputConfig[];
  readonly #outputs: ReadonlyMap<string, OutputRule>;

  private constructor(config: ModelConfig) {
    const ragged = config.input.filter(({ allowRaggedBatch }) => allowRaggedBatch);
    this.#ragged = new Set(ragged.map(({ name }) => name));
    this.#inputs = config.batchInput;
    this.#outputs = outputRules(config);
  }

  /** Undefined for a model that has nothing of the kind, whose batches packBatch makes. */
  static compile(config: ModelConfig): BatchTensors | undefined {
    const plain =
      config.batchInput.length === 0 &&
      config.batchOutput.length === 0 &&
      !config.input.some(({ allowRaggedBatch }) => allowRaggedBatch);
    return plain ? undefined : new BatchTensors(config);
  }

  /** As packBatch, but for what this class is about. */
  pack(batch: readonly PendingRequest[], spare?: ArrayBuffer): PackedTensors {
    const first = batch[0]?.request.inputs ?? [];
    const joined = first.map((input) =>
      this.#ragged.has(input.name) ? raggedInput(batch, input) : joinedInput(batch, input),
    );
    const made = this.#inputs.flatMap((rule) =>
      rule.targetName.map((name) => batchInput(rule, name, batch)),
    );
    return packParts([...joined, ...made], spare);
  }

  /** As respondBatch, but for what this class is about. */
  respond(
    batch: readonly PendingRequest[],
    outputs: readonly Tensor[],
    always: ReadonlySet<string>,
  ): void {
    const split = outputs.map((output) => {
      const rule = this.#outputs.get(output.name);
      return rule ? cutBySource(batch, output, rule) : splitRows(batch, output);
    });
    answerBatch(batch, split, always);
  }
}

function outputRules({ batchOutput, output, maxBatchSize }: ModelConfig) {
  const rules = new Map<string, OutputRule>();
  for (const { targetName, sourceInput } of batchOutput) {
    for (const name of targetName) {
      const dims = output.find((candidate) => candidate.name === name)?.dims ?? [];
      const shape = maxBatchSize > 0 ? [-1, ...dims] : dims;
      rules.set(name, { sourceInput: sourceInput[0] ?? '', shape });
    }
  }
  return rules;
}

/** All elements of all requests in one dimension. */
function raggedInput(batch: readonly PendingRequest[], { name, datatype }: Tensor): PackParts {
  const parts = batch.map((pending) => inputOf(pending, name));
  const count = parts.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const sizeBytes = parts.reduce((sum, { data }) => sum + data.byteLength, 0);
  return { name, datatype, shape: [count], sizeBytes, parts };
}

function batchInput(
  { kind, dataType, sourceInput }: BatchInputConfig,
  name: string,
  batch: readonly PendingRequest[],
): PackParts {
  const sources = batch.map((pending) => inputOf(pending, sourceInput[0] ?? '').shape);
  const { shape, values } = batchValues(kind, sources);
  const datatype: DataType = dataType === 'TYPE_FP32' ? 'FP32' : 'INT32';
  const array = datatype === 'FP32' ? Float32Array.from(values) : Int32Array.from(values);
  const data = new Uint8Array(array.buffer);
  return { name, datatype, shape, sizeBytes: data.byteLength, parts: [{ data }] };
}

/** The shape and the values of a batch input, from the source's shape in each request. */
function batchValues(kind: BatchInputConfig['kind'], sources: readonly (readonly number[])[]) {
  const counts = sources.map(elementCount);
  switch (kind) {
    case 'BATCH_ELEMENT_COUNT':
      return { shape: [counts.length], values: counts };
    case 'BATCH_ACCUMULATED_ELEMENT_COUNT':
      return { shape: [counts.length], values: accumulated(counts) };
    case 'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO':
      return { shape: [counts.length + 1], values: [0, ...accumulated(counts)] };
    case 'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE': {
      // Only its shape says something.
      const most = Math.max(...counts);
      return { shape: [most], values: new Array<number>(most).fill(0) };
    }
    case 'BATCH_ITEM_SHAPE':
    case 'BATCH_ITEM_SHAPE_FLATTEN': {
      const items = sources.flatMap(([rows = 0, ...dims]) =>
        Array.from({ length: rows }, () => dims),
      );
      const values = items.flat();
      const rank = items[0]?.length ?? 0;
      const shape = kind === 'BATCH_ITEM_SHAPE' ? [items.length, rank] : [values.length];
      return { shape, values };
    }
  }
}

function accumulated(counts: readonly number[]): readonly number[] {
  let sum = 0;
  return counts.map((count) => {
    sum += count;
    return sum;
  });
}

/** BATCH_SCATTER_WITH_INPUT_SHAPE: each request gets as many elements as its shape needs. */
function cutBySource(
  batch: readonly PendingRequest[],
  output: Tensor,
  { sourceInput, shape }: OutputRule,
): readonly Tensor[] {
  const { datatype, data } = output;
  let start = 0;
  return batch.map((pending) => {
    const source = inputOf(pending, sourceInput).shape;
    const own = shape.map((size, index) => (size === -1 ? (source[index] ?? 1) : size));
    const end = start + elementCount(own) * ELEMENT_SIZE_BYTES[datatype];
    if (end > data.byteLength || datatype === 'BYTES') throw uncuttable(output, own);
    const part = { ...output, shape: own, data: data.subarray(start, end) };
    start = end;
    return part;
  });
}

function inputOf({ request }: PendingRequest, name: string): Tensor {
  const input = request.inputs.find((candidate) => candidate.name === name);
  if (input) return input;
  throw new InferError('INTERNAL', `a request of the batch has no input '${name}'`);
}

function uncuttable({ name, shape }: Tensor, own: readonly number[]): InferError {
  return new InferError(
    'INTERNAL',
    `failed to split the output tensor '${name}' of shape [${shape}] in responses: one of them ` +
      `should have the shape [${own}]`,
  );
}
