import {
  ELEMENT_SIZE_BYTES,
  elementCount,
  type InferenceRequest,
  type RequestedOutput,
  type Tensor,
} from '@nereid/core';
import { checkBytesInput } from './check-bytes-elements.js';
import { checkInputNames } from './check-input-names.js';
import { deduceRawInput } from './raw-request.js';
import {
  requestError,
  unexpectedTensor,
  unspecifiedDimension,
  wrongDatatype,
  wrongShape,
  wrongSize,
} from './request-errors.js';
import { type InputRule, type RequestRules, reshape, ruleOf } from './request-rules.js';
import { withInputs } from './with-inputs.js';

/**
 * Checks a request against its model and returns it as the model sees it: the same object unless an
 * input has to be reshaped, or is a raw body. Throws an INVALID_ARG InferError with Triton's text,
 * for the fault that Triton would find first; like Triton, it looks at the inputs from the last to
 * the first.
 */
export function normalizeRequest(request: InferenceRequest, rules: RequestRules): InferenceRequest {
  checkRequestedOutputs(request.requestedOutputs, rules);
  if (request.rawInput)
    return reshapeInputs(deduceRawInput(request, request.rawInput, rules), rules);
  checkInputNames(request, rules);
  if (rules.maxBatchSize > 0) checkBatchSize(request, rules);
  for (let index = request.inputs.length - 1; index >= 0; index -= 1) {
    const tensor = request.inputs[index];
    const rule = tensor && ruleOf(rules.inputs, tensor.name, index);
    if (rule) checkInput(request, tensor, rule);
  }
  return reshapeInputs(request, rules);
}

/** The size of the batch dimension of a normalized request; 1 for a model without batching. */
export function batchSizeOf(request: InferenceRequest, rules: RequestRules): number {
  if (rules.maxBatchSize === 0) return 1;
  for (let index = 0; index < request.inputs.length; index += 1) {
    const tensor = request.inputs[index];
    const rule = tensor && ruleOf(rules.inputs, tensor.name, index);
    if (rule?.batchDimensions === 1) return tensor?.shape[0] ?? 1;
  }
  return 1;
}

function checkRequestedOutputs(outputs: readonly RequestedOutput[], rules: RequestRules): void {
  for (const { name } of outputs) {
    if (!rules.outputs.byName.has(name)) throw unexpectedTensor('output', name, rules);
  }
}

function checkBatchSize(request: InferenceRequest, rules: RequestRules): void {
  const { inputs } = request;
  const { modelName, maxBatchSize } = rules;
  let batchSize = -1;
  for (let index = inputs.length - 1; index >= 0; index -= 1) {
    const tensor = inputs[index];
    const rule = tensor && ruleOf(rules.inputs, tensor.name, index);
    if (rule?.batchDimensions !== 1) continue;
    const first = tensor?.shape[0];
    if (first === undefined) {
      throw requestError(
        request,
        `input '${rule.name}' has no shape but model requires batch dimension for '${modelName}'`,
      );
    }
    if (batchSize === -1) batchSize = first;
    if (first !== batchSize) {
      throw requestError(
        request,
        `input '${rule.name}' batch size does not match other inputs for '${modelName}'`,
      );
    }
  }
  if (batchSize > maxBatchSize) {
    throw requestError(
      request,
      `inference request batch-size must be <= ${maxBatchSize} for '${modelName}'`,
    );
  }
}

function checkInput(request: InferenceRequest, tensor: Tensor, rule: InputRule): void {
  if (tensor.datatype !== rule.datatype) throw wrongDatatype(request, tensor, rule);
  checkShape(request, tensor, rule);
  if (rule.nonLinearFormat) return;
  if (rule.batchDimensions === 0 || tensor.shape[0] !== 0) {
    checkSize(request, tensor, rule.modelName);
    return;
  }
  // To Triton a batch without elements has no batch dimension, so that its data is found too short.
  checkSize(request, { ...tensor, shape: tensor.shape.slice(1) }, rule.modelName);
  throw requestError(request, `inference request batch-size must be >= 1 for '${rule.modelName}'`);
}

function checkShape(request: InferenceRequest, tensor: Tensor, rule: InputRule): void {
  const { shape } = tensor;
  const { dims, batchDimensions } = rule;
  if (shape.length !== dims.length + batchDimensions) throw wrongShape(request, tensor, rule);
  for (let index = 0; index < shape.length; index += 1) {
    const dim = shape[index] ?? 0;
    if (dim < 0) throw unspecifiedDimension(request, tensor, rule.modelName);
    const expected = index < batchDimensions ? -1 : dims[index - batchDimensions];
    if (dim !== expected && expected !== -1) throw wrongShape(request, tensor, rule);
  }
}

/** The data must have exactly as many elements as the shape says. */
function checkSize(request: InferenceRequest, tensor: Tensor, modelName: string): void {
  const elementSize = ELEMENT_SIZE_BYTES[tensor.datatype];
  if (elementSize === 0) {
    checkBytesInput(request, tensor, modelName);
  } else if (elementCount(tensor.shape) * elementSize !== tensor.data.byteLength) {
    throw wrongSize(request, tensor, modelName);
  }
}

function reshapeInputs(request: InferenceRequest, rules: RequestRules): InferenceRequest {
  let inputs: Tensor[] | undefined;
  for (let index = 0; index < request.inputs.length; index += 1) {
    const tensor = request.inputs[index];
    const rule = tensor && ruleOf(rules.inputs, tensor.name, index);
    if (!tensor || !rule?.reshape) continue;
    inputs ??= [...request.inputs];
    const dims = { from: rule.dims, to: rule.reshape };
    inputs[index] = { ...tensor, shape: reshape(tensor.shape, rule.batchDimensions, dims) };
  }
  return inputs ? withInputs(request, inputs) : request;
}
