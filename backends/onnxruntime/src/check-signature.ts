/**
 * Compares a configuration with the model it describes, with the texts of Triton's ONNX Runtime
 * backend.
 */

import {
  InferError,
  type ModelConfig,
  type ModelInputConfig,
  type ModelOutputConfig,
} from '@nereid/core';
import {
  type ModelSignature,
  type SignatureTensor,
  toConfigDataType,
  toDataType,
} from '@nereid/model-config';

/** Throws an INVALID_ARG InferError for the first contradiction (spec §3.5). */
export function checkSignature(config: ModelConfig, signature: ModelSignature): void {
  checkInputCount(config, signature);
  for (const input of config.input) {
    const candidates: Candidates = { kind: 'input', tensors: signature.inputs };
    if (input.allowRaggedBatch) checkRagged(config, input, candidates);
    else checkTensor(config, input, candidates);
  }
  checkBatchInputs(config, signature);
  const cut = new Set(config.batchOutput.flatMap(({ targetName }) => targetName));
  for (const output of config.output) {
    const candidates: Candidates = { kind: 'output', tensors: signature.outputs };
    // Elements of all requests in one row have whatever shape the model gives them.
    if (cut.has(output.name)) checkDatatype(config, output, candidates);
    else checkTensor(config, output, candidates);
  }
  for (const { inputName, outputName } of config.sequenceBatching?.state ?? []) {
    findTensor(inputName, { kind: 'input', tensors: signature.inputs });
    findTensor(outputName, { kind: 'output', tensors: signature.outputs });
  }
  for (const { name } of config.sequenceBatching?.controlInput ?? []) {
    if (signature.inputs.some((input) => input.name === name)) continue;
    throw new InferError(
      'INTERNAL',
      `configuration specified sequence control '${name}', but model does not provide that input`,
    );
  }
}

interface Candidates {
  readonly kind: 'input' | 'output';
  readonly tensors: readonly SignatureTensor[];
}

/** A model needs every one of its inputs, be it from the client or from the sequence batcher. */
function checkInputCount(config: ModelConfig, { inputs }: ModelSignature): void {
  const { controlInput = [], state = [] } = config.sequenceBatching ?? {};
  const made = config.batchInput.flatMap(({ targetName }) => targetName);
  const expected = config.input.length + controlInput.length + state.length + made.length;
  if (expected === inputs.length) return;
  throw new InferError(
    'INVALID_ARG',
    `unable to load model '${config.name}', configuration expects ${expected} inputs, ` +
      `model provides ${inputs.length}`,
  );
}

function checkTensor(
  config: ModelConfig,
  io: ModelInputConfig | ModelOutputConfig,
  candidates: Candidates,
): void {
  const tensor = checkDatatype(config, io, candidates);
  const dims = io.reshape?.shape ?? io.dims;
  if (tensor.shape.length === 0) checkScalar(config, io.name, dims);
  else checkDims(config, tensor, { dims, exact: candidates.kind === 'output' });
}

function checkDatatype(
  config: ModelConfig,
  { name, dataType }: Pick<ModelInputConfig, 'name' | 'dataType'>,
  candidates: Candidates,
): SignatureTensor {
  const tensor = findTensor(name, candidates);
  if (toDataType(dataType) === tensor.datatype) return tensor;
  throw new InferError(
    'INVALID_ARG',
    `unable to load model '${config.name}', configuration expects datatype ${dataType} for ` +
      `${candidates.kind} '${name}', model provides ${toConfigDataType(tensor.datatype)}`,
  );
}

/** The elements of all requests come in one row. */
function checkRagged(config: ModelConfig, input: ModelInputConfig, candidates: Candidates): void {
  const { name, shape } = checkDatatype(config, input, candidates);
  if (shape.length === 1 && shape[0] === -1) return;
  throw new InferError(
    'INVALID_ARG',
    `unable to load model '${config.name}', configuration expects model provides input with ` +
      `shape [-1] for ragged input '${name}', model provides [${shape}]`,
  );
}

function checkBatchInputs(config: ModelConfig, { inputs }: ModelSignature): void {
  for (const { targetName, dataType } of config.batchInput) {
    for (const name of targetName) {
      checkDatatype(config, { name, dataType }, { kind: 'input', tensors: inputs });
    }
  }
}

function findTensor(name: string, { kind, tensors }: Candidates): SignatureTensor {
  const tensor = tensors.find((candidate) => candidate.name === name);
  if (tensor) return tensor;
  const allowed = tensors.map((candidate) => candidate.name).sort();
  throw new InferError(
    'INVALID_ARG',
    `unexpected inference ${kind} '${name}', allowed ${kind}s are: ${allowed.join(', ')}`,
  );
}

function checkScalar(config: ModelConfig, name: string, dims: readonly number[]): void {
  if (dims.every((dim) => dim === 1)) return;
  throw new InferError(
    'INVALID_ARG',
    `unable to load model '${config.name}', scalar tensor '${name}', should only provide 1 in ` +
      "the model configuration when the model doesn't support batching. Model configuration " +
      `provided: [${dims}].`,
  );
}

interface ConfiguredDims {
  readonly dims: readonly number[];
  /** A dimension of any size must be configured as such: an output cannot be narrowed. */
  readonly exact: boolean;
}

function checkDims(
  config: ModelConfig,
  { name, shape }: SignatureTensor,
  { dims, exact }: ConfiguredDims,
): void {
  const isBatched = config.maxBatchSize > 0;
  if (isBatched && shape[0] !== -1) {
    throw new InferError(
      'INVALID_ARG',
      `model '${config.name}', tensor '${name}': for the model to support batching the shape ` +
        'should have at least 1 dimension and the first dimension must be -1; but shape expected ' +
        `by the model is [${shape}]`,
    );
  }
  const full = isBatched ? [-1, ...dims] : dims;
  const matches = (size: number, index: number) => (size === -1 && !exact) || size === full[index];
  if (shape.length === full.length && shape.every(matches)) return;
  const configured = isBatched
    ? `(an initial batch dimension because max_batch_size > 0 followed by the explicit tensor ` +
      `shape, making complete shape [${full}])`
    : `(shape [${full}])`;
  throw new InferError(
    'INVALID_ARG',
    `model '${config.name}', tensor '${name}': the model expects ${shape.length} dimensions ` +
      `(shape [${shape}]) but the model configuration specifies ${full.length} dimensions ` +
      configured,
  );
}
