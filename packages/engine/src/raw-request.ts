import {
  ELEMENT_SIZE_BYTES,
  type InferenceRequest,
  joinBytesElements,
  type Tensor,
} from '@nereid/core';
import { requestError, wrongSize } from './request-errors.js';
import type { InputRule, RequestRules } from './request-rules.js';
import { withInputs } from './with-inputs.js';

/** What Triton calls the input of a request whose body describes none. */
const RAW_INPUT_NAME = 'raw_input';

/**
 * Turns a body without tensor description into the model's only input, as a batch of one (spec
 * §1.2). Throws an INVALID_ARG InferError where the shape cannot be deduced, or does not fit the
 * body's size.
 */
export function deduceRawInput(
  request: InferenceRequest,
  body: Uint8Array,
  rules: RequestRules,
): InferenceRequest {
  const rule = rules.inputs.list[0];
  if (!rule || rules.inputs.list.length !== 1) {
    throw requestError(
      request,
      `Raw request must only have 1 input (found ${request.inputs.length + 1}) to be deduced but ` +
        `got ${rules.inputs.list.length} inputs in '${rules.modelName}' model configuration`,
    );
  }
  const tensor =
    rule.datatype === 'BYTES' ? rawElement(request, body, rule) : rawTensor(request, body, rule);
  return withInputs(request, [tensor]);
}

function rawElement(request: InferenceRequest, body: Uint8Array, rule: InputRule): Tensor {
  if (rule.dims.some((dim) => dim !== 1)) {
    throw requestError(
      request,
      `For BYTE datatype raw input '${rule.name}', the model must have input shape [1]`,
    );
  }
  // The copy puts the length in front of the body, which every BYTES element begins with.
  const data = joinBytesElements([body]);
  return { name: rule.name, datatype: rule.datatype, shape: rawShape(rule, 1), data };
}

function rawTensor(request: InferenceRequest, body: Uint8Array, rule: InputRule): Tensor {
  const variableCount = rule.dims.filter((dim) => dim === -1).length;
  if (variableCount > 1) {
    throw requestError(
      request,
      `The shape of the raw input '${rule.name}' can not be deduced because there are more than ` +
        'one variable-sized dimension',
    );
  }
  const elementSize = ELEMENT_SIZE_BYTES[rule.datatype];
  const fixedCount = rule.dims.reduce((count, dim) => (dim === -1 ? count : count * dim), 1);
  const variable = Math.floor(body.byteLength / fixedCount / elementSize);
  const shape = rawShape(rule, variable);
  const expectedCount = variableCount === 1 ? fixedCount * variable : fixedCount;
  if (expectedCount * elementSize !== body.byteLength) {
    const named = { name: RAW_INPUT_NAME, datatype: rule.datatype, shape, data: body };
    throw wrongSize(request, named, rule.modelName);
  }
  return { name: rule.name, datatype: rule.datatype, shape, data: body };
}

/** The configured shape, with one batch element and a size for the dimension that is left open. */
function rawShape(rule: InputRule, variable: number): number[] {
  const dims = rule.dims.map((dim) => (dim === -1 ? variable : dim));
  return rule.batching ? [1, ...dims] : dims;
}
