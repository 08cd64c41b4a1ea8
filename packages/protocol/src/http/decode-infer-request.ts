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
import { type InferDocument, readDocument } from './infer-document.js';
import type { OutputRequest } from './infer-output.js';
import { NO_INFER_PARAMETERS } from './infer-parameters.js';
import { JsonCursor } from './json-cursor.js';
import { checkJsonSyntax, missingMemberError } from './json-value.js';
import { findDocument, type KnownDocument, keepDocument } from './known-documents.js';
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
  const tail = new BinaryTail(call.body, jsonLength, call.modelName);
  const known = findDocument(call.body, jsonLength);
  if (known) return knownRequest(call, known, tail);
  const json = jsonLength < call.body.length ? call.body.subarray(0, jsonLength) : call.body;
  const claims = new SharedMemoryClaims(call.sharedMemory);
  try {
    const context = { tail, claims, maxInputSizeBytes: call.maxInputSizeBytes };
    const document = readDocument(new JsonCursor(json), context);
    const { inputs } = document;
    if (inputs === undefined) throw missingMemberError('inputs');
    tail.end();
    const isWhole = claims.used === undefined && tail.takenCount === inputs.length;
    if (isWhole) keepDocument(json, document, inputs);
    return jsonRequest(call, { document, inputs, sharedMemory: claims.used });
  } catch (error) {
    claims.used?.release();
    // The document is read in one pass. A text that is no JSON is the first thing to complain
    // about, even where the problem lies behind what failed.
    checkJsonSyntax(json);
    throw error;
  }
}

/** A request whose JSON came before: only the data behind it is another. */
function knownRequest(
  call: HttpInferCall,
  document: KnownDocument,
  tail: BinaryTail,
): DecodedInferRequest {
  const inputs: Tensor[] = [];
  for (const { name, datatype, shape, sizeBytes } of document.inputs) {
    // A copy of the shape, so that a faulty model cannot reach another request by it.
    inputs.push({ name, datatype, shape: shape.slice(), data: tail.take(name, sizeBytes) });
  }
  tail.end();
  return jsonRequest(call, { document, inputs, sharedMemory: undefined });
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

interface ReadParts {
  readonly document: Omit<InferDocument, 'inputs'>;
  readonly inputs: readonly Tensor[];
  readonly sharedMemory: DecodedInferRequest['sharedMemory'];
}

function jsonRequest(
  call: HttpInferCall,
  { document, inputs, sharedMemory }: ReadParts,
): DecodedInferRequest {
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
    sharedMemory,
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
