import {
  type CancelSignal,
  InferError,
  type ParameterValue,
  type SharedMemoryRegions,
  type Tensor,
} from '@nereid/core';
import { SharedMemoryClaims } from '../shared-memory-claims.js';
import type { SubmittableRequest } from '../submit-request.js';
import { BinaryTail } from './binary-tail.js';
import { type InputContext, readInput } from './infer-input.js';
import { type OutputRequest, readOutput } from './infer-output.js';
import {
  type InferParameters,
  interpretParameters,
  NO_INFER_PARAMETERS,
} from './infer-parameters.js';
import { JsonCursor } from './json-cursor.js';
import { readName } from './json-string.js';
import {
  accessError,
  checkJsonSyntax,
  expectString,
  missingMemberError,
  readValue,
  skipValue,
} from './json-value.js';
import type { OutputPlan } from './output-plan.js';

/** One HTTP infer request, as the front end received it. */
export interface HttpInferCall {
  readonly modelName: string;
  readonly modelVersion: number | undefined;
  /** The value of the header `Inference-Header-Content-Length`. */
  readonly inferenceHeaderLength: string | undefined;
  /** The inflated body. The decoded tensors are views into it. */
  readonly body: Uint8Array;
  /** The limit of `--http-max-input-size` for JSON and for raw bodies; binary tensors have none. */
  readonly maxInputSizeBytes: number;
  /** Header fields to pass on as parameters, by their names as received. */
  readonly forwardedHeaders: readonly (readonly [string, string])[];
  readonly signal: CancelSignal;
  readonly sharedMemory: SharedMemoryRegions;
}

export interface DecodedInferRequest extends SubmittableRequest {
  readonly outputPlan: OutputPlan;
}

/** More of either can only be hostile: no model has so many. */
const MAX_TENSORS = 65_536;

/**
 * Decodes an infer request (spec §1.2). Throws the InferError that the client is to see. Inputs in
 * shared memory have no data yet: the request is for `submitRequest`, or its shared memory is to be
 * released.
 */
export function decodeInferRequest(call: HttpInferCall): DecodedInferRequest {
  const jsonLength = jsonLengthOf(call);
  if (jsonLength === 0) return rawRequest(call);
  if (jsonLength > call.maxInputSizeBytes) {
    throw jsonTooLarge(jsonLength, call.maxInputSizeBytes);
  }
  const json = jsonLength < call.body.length ? call.body.subarray(0, jsonLength) : call.body;
  const tail = new BinaryTail(call.body, jsonLength, call.modelName);
  const claims = new SharedMemoryClaims(call.sharedMemory);
  try {
    const context = { tail, claims, maxInputSizeBytes: call.maxInputSizeBytes };
    const document = readDocument(new JsonCursor(json), context);
    const { inputs } = document;
    if (inputs === undefined) throw missingMemberError('inputs');
    tail.end();
    const { request, outputPlan } = jsonRequest(call, document, inputs);
    return { request, outputPlan, sharedMemory: claims.used };
  } catch (error) {
    claims.used?.release();
    // The document is read in one pass. A text that is no JSON is the first thing to complain
    // about, even where the problem lies behind what failed.
    checkJsonSyntax(json);
    throw error;
  }
}

/**
 * The length of the body's JSON part: all of it without the header, 0 for a value that is no
 * number.
 */
function jsonLengthOf({ inferenceHeaderLength, body }: HttpInferCall): number {
  if (inferenceHeaderLength === undefined) return body.length;
  const length = Number.parseInt(inferenceHeaderLength, 10) || 0;
  if (length >= 0 && length <= body.length) return length;
  throw new InferError(
    'INVALID_ARG',
    `inference header size should be in range (0, ${body.length}), got: ${length}`,
  );
}

/** The error for JSON that is longer than `--http-max-input-size` allows. */
export function jsonTooLarge(length: number, maximum: number): InferError {
  return tooLarge(`Request JSON size of ${length} bytes exceeds`, maximum);
}

function tooLarge(subject: string, maximum: number): InferError {
  return new InferError(
    'INVALID_ARG',
    `${subject} the maximum allowed value of ${maximum} bytes. Use --http-max-input-size to ` +
      'increase the limit.',
  );
}

interface InferDocument {
  id: string | undefined;
  inputs: Tensor[] | undefined;
  outputs: OutputRequest[] | undefined;
  parameters: InferParameters | undefined;
}

function readDocument(cursor: JsonCursor, context: InputContext): InferDocument {
  const document: InferDocument = {
    id: undefined,
    inputs: undefined,
    outputs: undefined,
    parameters: undefined,
  };
  cursor.beginDocument();
  if (!cursor.atObject()) throw missingMemberError('inputs');
  for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
    const member = readName(cursor);
    if (member === 'inputs' && document.inputs === undefined) {
      document.inputs = readTensors(cursor, member, () => readInput(cursor, context));
    } else if (member === 'outputs' && document.outputs === undefined) {
      document.outputs = readTensors(cursor, member, () => readOutput(cursor, context.claims));
    } else if (member === 'id' && document.id === undefined) {
      document.id = expectString(readValue(cursor), "Unable to parse 'id': ");
    } else if (member === 'parameters' && document.parameters === undefined) {
      document.parameters = interpretParameters(readValue(cursor));
    } else {
      skipValue(cursor);
    }
  }
  cursor.endDocument();
  return document;
}

function readTensors<T>(cursor: JsonCursor, member: 'inputs' | 'outputs', read: () => T): T[] {
  if (!cursor.atArray()) throw accessError('array', `Unable to parse '${member}': `);
  const tensors: T[] = [];
  for (let more = cursor.beginArray(); more; more = cursor.nextElement()) {
    if (tensors.length >= MAX_TENSORS) {
      throw new InferError('INVALID_ARG', `a request may have at most ${MAX_TENSORS} ${member}`);
    }
    tensors.push(read());
  }
  return tensors;
}

function jsonRequest(
  call: HttpInferCall,
  document: InferDocument,
  inputs: readonly Tensor[],
): Omit<DecodedInferRequest, 'sharedMemory'> {
  const parameters = document.parameters ?? NO_INFER_PARAMETERS;
  const outputs = withoutDuplicates(document.outputs ?? []);
  return {
    request: {
      modelName: call.modelName,
      modelVersion: call.modelVersion,
      id: document.id ?? '',
      inputs,
      requestedOutputs: outputs,
      sequence: parameters.sequence,
      priority: parameters.priority,
      timeoutUs: parameters.timeoutUs,
      parameters: withHeaders(parameters.custom, call.forwardedHeaders),
      signal: call.signal,
    },
    outputPlan: { binaryByDefault: parameters.binaryOutput, outputs },
  };
}

/** A body that is the data of the model's only input. All its outputs are sent as bytes. */
function rawRequest(call: HttpInferCall): DecodedInferRequest {
  if (call.body.length > call.maxInputSizeBytes) {
    const subject = `Raw input has a byte_size (${call.body.length} bytes) that exceeds`;
    throw tooLarge(subject, call.maxInputSizeBytes);
  }
  return {
    request: {
      modelName: call.modelName,
      modelVersion: call.modelVersion,
      id: '',
      inputs: [],
      rawInput: call.body,
      requestedOutputs: [],
      sequence: undefined,
      priority: 0,
      timeoutUs: 0,
      parameters: withHeaders(NO_INFER_PARAMETERS.custom, call.forwardedHeaders),
      signal: call.signal,
    },
    outputPlan: { binaryByDefault: true, outputs: [] },
    sharedMemory: undefined,
  };
}

/** An output that is asked for twice is sent once, in the way asked for first. */
function withoutDuplicates(outputs: readonly OutputRequest[]): readonly OutputRequest[] {
  if (outputs.length < 2) return outputs;
  const byName = new Map<string, OutputRequest>();
  for (const output of outputs) if (!byName.has(output.name)) byName.set(output.name, output);
  return byName.size === outputs.length ? outputs : [...byName.values()];
}

function withHeaders(
  parameters: ReadonlyMap<string, ParameterValue>,
  headers: HttpInferCall['forwardedHeaders'],
): ReadonlyMap<string, ParameterValue> {
  if (headers.length === 0) return parameters;
  return new Map([...parameters, ...headers]);
}
