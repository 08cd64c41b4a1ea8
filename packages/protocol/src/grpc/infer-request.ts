import {
  type CancelSignal,
  InferError,
  type InferenceRequest,
  type ModelConfig,
  type Parameters,
  type SharedMemoryRegions,
} from '@nereid/core';
import { parseModelVersion } from '../model-version.js';
import { SharedMemoryClaims } from '../shared-memory-claims.js';
import type { SharedMemoryUse } from '../shared-memory-use.js';
import type { SubmittableRequest } from '../submit-request.js';
import type { InferRequestMessage, InputTensor, OutputRequest } from './infer-request-message.js';
import { sortParameters } from './request-parameters.js';
import { readPlacement } from './shared-memory-placement.js';
import { contentsToData } from './tensor-contents.js';

export interface InferRequestContext {
  /** The configuration of the model that the message names. */
  readonly config: Pick<ModelConfig, 'input'>;
  readonly signal: CancelSignal;
  /** Parameters taken from the call's metadata. */
  readonly forwarded?: Parameters;
  readonly sharedMemory: SharedMemoryRegions;
}

export interface CompletedInferRequest extends SubmittableRequest {
  /** The client wants the last response of a decoupled model even if it is empty. */
  readonly emptyFinalResponse: boolean;
}

/**
 * Makes the request of a message, whose tensors it takes over and whose bytes it keeps viewing.
 * Throws in Triton's order and words: INVALID_ARG for parameters, datatypes and data that do not
 * fit, NOT_FOUND for an unknown shared-memory region. Inputs in shared memory have no data yet: the
 * request is for `submitRequest`, or its shared memory is to be released.
 */
export function completeInferRequest(
  message: InferRequestMessage,
  context: InferRequestContext,
): CompletedInferRequest {
  const parameters = sortParameters(message.parameters, context.forwarded);
  const request: InferenceRequest = {
    modelName: message.modelName,
    modelVersion: parseModelVersion(message.modelVersion),
    id: message.id,
    inputs: message.inputs,
    requestedOutputs: message.outputs,
    sequence: parameters.sequence,
    priority: parameters.priority,
    timeoutUs: parameters.timeoutUs,
    parameters: parameters.custom,
    signal: context.signal,
  };
  const sharedMemory = completeTensors(message, context);
  return { request, sharedMemory, emptyFinalResponse: parameters.emptyFinalResponse };
}

function completeTensors(
  message: InferRequestMessage,
  context: InferRequestContext,
): SharedMemoryUse | undefined {
  const claims = new SharedMemoryClaims(context.sharedMemory);
  try {
    completeInputs(message, claims);
    for (const output of message.outputs) completeOutput(output, claims);
    for (const input of message.inputs) checkDescription(input, message, context);
    return claims.used;
  } catch (error) {
    claims.used?.release();
    throw error;
  }
}

function completeInputs(message: InferRequestMessage, claims: SharedMemoryClaims): void {
  const { modelName, rawInputContents } = message;
  let rawIndex = 0;
  for (const input of message.inputs) {
    const placement = readPlacement(input.name, input.parameters);
    if (placement !== undefined) {
      refuseContents(input, modelName);
      claims.use.claimInput(input, placement);
    } else if (input.contents !== undefined) {
      if (rawInputContents.length > 0) throw twoSources(input, modelName);
      input.data = contentsToData(input.contents, contentsOwner(input, modelName));
      input.contents = undefined;
    } else {
      const raw = rawInputContents[rawIndex++];
      if (raw === undefined) throw noData(input, modelName);
      input.data = raw;
    }
  }
}

function contentsOwner(input: InputTensor, modelName: string) {
  const datatype = input.datatypeText === undefined ? input.datatype : undefined;
  return { inputName: input.name, modelName, datatype };
}

function refuseContents(input: InputTensor, modelName: string): void {
  if (input.contents === undefined) return;
  throw invalid(
    "unexpected 'content' provided when using shared memory for input tensor " +
      `'${input.name}' for model '${modelName}'`,
  );
}

function twoSources(input: InputTensor, modelName: string): InferError {
  return invalid(
    'contents field must not be specified when using raw_input_contents for ' +
      `'${input.name}' for model '${modelName}'`,
  );
}

function noData(input: InputTensor, modelName: string): InferError {
  return invalid(
    `unable to find data for input tensor '${input.name}' for model '${modelName}' in request.`,
  );
}

function completeOutput(output: OutputRequest, claims: SharedMemoryClaims): void {
  if (output.parameters.size === 0) return;
  const placement = readPlacement(output.name, output.parameters);
  output.classificationCount = classificationCount(output);
  if (placement === undefined) return;
  if (output.classificationCount > 0) {
    throw invalid("output can't set both 'shared_memory_region' and 'classification'");
  }
  claims.use.claimOutput(output.name, placement);
}

function classificationCount(output: OutputRequest): number {
  if (!output.parameters.has('classification')) return 0;
  const count = output.parameters.get('classification');
  if (typeof count !== 'bigint') {
    throw invalid("invalid value type for 'classification' parameter, expected int64_param");
  }
  if (count <= 0n) throw invalid("invalid value for 'classification' parameter, expected >= 0");
  return Math.min(Number(count), Number.MAX_SAFE_INTEGER);
}

/**
 * Refuses a datatype or shape that no Tensor can have; whether the model takes it is for others to
 * say.
 */
function checkDescription(
  input: InputTensor,
  message: InferRequestMessage,
  context: InferRequestContext,
): void {
  if (input.datatypeText !== undefined) throw unknownDatatype(input, message, context);
  for (const dim of input.shape) {
    if (dim >= 0 && Number.isSafeInteger(dim)) continue;
    throw invalid(dim < 0 ? openDimension(input, message) : hugeShape(input));
  }
}

function requestPrefix(id: string): string {
  return `[request id: ${id === '' ? '<id_unknown>' : id}] `;
}

function unknownDatatype(
  input: InputTensor,
  message: InferRequestMessage,
  context: InferRequestContext,
): InferError {
  const { modelName, id } = message;
  const configured = context.config.input.find((each) => each.name === input.name);
  if (configured === undefined) {
    return invalid(`unexpected inference input '${input.name}' for model '${modelName}'`);
  }
  const expected = configured.dataType.replace('TYPE_STRING', 'TYPE_BYTES').slice('TYPE_'.length);
  return invalid(
    `${requestPrefix(id)}inference input '${input.name}' data-type is '<invalid>', ` +
      `but model '${modelName}' expects '${expected}'`,
  );
}

function openDimension(input: InputTensor, message: InferRequestMessage): string {
  return (
    `${requestPrefix(message.id)}All input dimensions should be specified for input ` +
    `'${input.name}' for model '${message.modelName}', got [${input.shape.join(',')}]`
  );
}

function hugeShape(input: InputTensor): string {
  return (
    `invalid shape for input '${input.name}': shape [${input.shape.join(',')}] ` +
    'causes total element count to exceed maximum size of 9223372036854775807'
  );
}

function invalid(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
