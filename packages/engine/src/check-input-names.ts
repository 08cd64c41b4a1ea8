import type { InferenceRequest, Tensor } from '@nereid/core';
import { requestError, unexpectedTensor, wrongInputs } from './request-errors.js';
import { type RequestRules, ruleOf } from './request-rules.js';

/** Up to here, comparing all pairs of names is cheaper than filling a set. */
const SMALL_INPUT_COUNT = 8;

/** Throws an INVALID_ARG InferError unless the inputs are the model's, each once, none missing. */
export function checkInputNames(request: InferenceRequest, rules: RequestRules): void {
  const { inputs } = request;
  const duplicate = duplicateName(inputs);
  if (duplicate !== undefined) {
    throw requestError(request, `input '${duplicate}' already exists in request`);
  }
  if (inputs.length > rules.inputs.list.length || inputs.length < rules.requiredInputCount) {
    throw wrongInputs(request, rules);
  }
  let requiredCount = 0;
  for (let index = inputs.length - 1; index >= 0; index -= 1) {
    const name = inputs[index]?.name ?? '';
    const rule = ruleOf(rules.inputs, name, index);
    if (!rule) throw unexpectedTensor('input', name, rules);
    if (!rule.optional) requiredCount += 1;
  }
  if (requiredCount < rules.requiredInputCount) throw wrongInputs(request, rules);
}

function duplicateName(inputs: readonly Tensor[]): string | undefined {
  if (inputs.length > SMALL_INPUT_COUNT) return duplicateOfMany(inputs);
  for (let index = 1; index < inputs.length; index += 1) {
    const name = inputs[index]?.name;
    for (let other = 0; other < index; other += 1) {
      if (inputs[other]?.name === name) return name;
    }
  }
  return undefined;
}

function duplicateOfMany(inputs: readonly Tensor[]): string | undefined {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) return name;
    names.add(name);
  }
  return undefined;
}
