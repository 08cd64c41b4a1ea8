/** The errors of requests that do not fit their model, with Triton's texts (spec §1.6, §1.15). */

import {
  ELEMENT_SIZE_BYTES,
  InferError,
  type InferenceRequest,
  isDataType,
  type Tensor,
} from '@nereid/core';
import type { RequestRules, TensorRule } from './request-rules.js';

const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;

const BATCH_DIMENSION_NOTE =
  'NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be ' +
  'prepended to each input shape. If you want to specify the full shape including the batch dim ' +
  'in your input dims config, try setting max_batch_size to zero. See the model configuration ' +
  'docs for more info on max_batch_size.';

/** What begins most messages about a request. */
function requestPrefix(request: InferenceRequest): string {
  return `[request id: ${request.id === '' ? '<id_unknown>' : request.id}] `;
}

/** An INVALID_ARG error whose message begins with the request's id. */
export function requestError(request: InferenceRequest, message: string): InferError {
  return new InferError('INVALID_ARG', requestPrefix(request) + message);
}

export function unexpectedTensor(
  kind: 'input' | 'output',
  name: string,
  rules: RequestRules,
): InferError {
  return new InferError(
    'INVALID_ARG',
    `unexpected inference ${kind} '${name}' for model '${rules.modelName}'`,
  );
}

/** Names what was given, the latest first, and what is missing, as Triton's core lists them. */
export function wrongInputs(request: InferenceRequest, rules: RequestRules): InferError {
  const { requiredInputCount, modelName } = rules;
  const inputs = rules.inputs.list;
  const given = request.inputs.map(({ name }) => `'${name}'`).reverse();
  const missing = inputs
    .filter((rule) => !rule.optional && !request.inputs.some(({ name }) => name === rule.name))
    .map(({ name }) => `'${name}'`);
  const expected =
    inputs.length === requiredInputCount
      ? `expected ${inputs.length} inputs`
      : `expected number of inputs between ${requiredInputCount} and ${inputs.length}`;
  // With nothing missing, Triton loses the opening bracket; clients have long seen it that way.
  const missingList = missing.length > 0 ? `[${missing.join(',')}]` : ']';
  return requestError(
    request,
    `${expected} but got ${given.length} inputs for model '${modelName}'. Got input(s) ` +
      `[${given.join(',')}], but missing required input(s) ${missingList}. Please provide all ` +
      'required input(s).',
  );
}

export function wrongDatatype(
  request: InferenceRequest,
  tensor: Tensor,
  rule: TensorRule,
): InferError {
  // A front end may hand on a word that is no datatype: only here the expected one is known.
  const given = isDataType(tensor.datatype) ? tensor.datatype : '<invalid>';
  return requestError(
    request,
    `inference input '${tensor.name}' data-type is '${given}', but model '${rule.modelName}' ` +
      `expects '${rule.datatype}'`,
  );
}

export function wrongShape(
  request: InferenceRequest,
  tensor: Tensor,
  rule: TensorRule,
): InferError {
  const expected = rule.batching ? [-1, ...rule.dims] : rule.dims;
  return requestError(
    request,
    `unexpected shape for input '${tensor.name}' for model '${rule.modelName}'. Expected ` +
      `${formatShape(expected)}, got ${formatShape(tensor.shape)}. ` +
      (rule.batching ? BATCH_DIMENSION_NOTE : ''),
  );
}

/** Shapes of requests have no dimension of any size, as those of configurations may. */
export function unspecifiedDimension(
  request: InferenceRequest,
  tensor: Tensor,
  modelName: string,
): InferError {
  return requestError(
    request,
    `All input dimensions should be specified for input '${tensor.name}' for model ` +
      `'${modelName}', got ${formatShape(tensor.shape)}`,
  );
}

/**
 * The data has another size than the shape. Works in big integers: the shape may be a hostile one.
 */
export function wrongSize(
  request: InferenceRequest,
  tensor: Tensor,
  modelName: string,
): InferError {
  const elementSize = ELEMENT_SIZE_BYTES[tensor.datatype];
  const count = exactElementCount(tensor.shape);
  if (count > MAX_INT64) {
    return new InferError(
      'INVALID_ARG',
      `invalid shape for input '${tensor.name}': shape ${formatShape(tensor.shape)} causes total ` +
        `element count to exceed maximum size of ${MAX_INT64}`,
    );
  }
  const sizeBytes = count * BigInt(elementSize);
  if (sizeBytes > MAX_INT64) {
    return new InferError(
      'INVALID_ARG',
      `byte size overflow for input '${tensor.name}': element count (${count}) * data type size ` +
        `(${elementSize}) exceeds maximum allowed size (${MAX_INT64})`,
    );
  }
  return requestError(
    request,
    `input byte size mismatch for input '${tensor.name}' for model '${modelName}'. Expected ` +
      `${sizeBytes}, got ${tensor.data.byteLength}`,
  );
}

export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}

function exactElementCount(shape: readonly number[]): bigint {
  return shape.reduce((count, dim) => count * BigInt(dim), 1n);
}
