/**
 * Opens sessions. Runs in a thread of its own: both the import and the session are synchronous and
 * slow.
 */

import { readFileSync } from 'node:fs';
import { InferError } from '@nereid/core';
import type { ModelSignature, SignatureTensor } from '@nereid/model-config';
import type { InferenceSession } from 'onnxruntime-node';
import { readOnnxValueTypes } from './onnx-value-types.js';
import type { SessionInit } from './session-protocol.js';
import { datatypeOf } from './session-tensors.js';

type OnnxRuntime = typeof import('onnxruntime-node');

export interface OpenSession {
  readonly ort: OnnxRuntime;
  readonly session: InferenceSession;
  readonly signature: ModelSignature;
}

/** Throws an InferError that names the file and the cause. */
export async function openSession(init: SessionInit): Promise<OpenSession> {
  const ort = await importOnnxRuntime();
  const session = await createSession(ort, init);
  const { inputMetadata, outputMetadata } = session;
  if ([...inputMetadata, ...outputMetadata].every(isCarried)) {
    const signature = {
      inputs: inputMetadata.flatMap(toSignatureTensor),
      outputs: outputMetadata.flatMap(toSignatureTensor),
    };
    return { ort, session, signature };
  }
  await session.release();
  throw unsupportedTypeError(init);
}

/**
 * With a global Float16Array the package hands out float16 data as such, and wants it so; without,
 * the bits are in a Uint16Array on every Node. It looks once, as it is imported.
 */
async function importOnnxRuntime(): Promise<OnnxRuntime> {
  Reflect.deleteProperty(globalThis, 'Float16Array');
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError(
      'UNAVAILABLE',
      `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}: ${reason}`,
      { cause },
    );
  }
}

/** Errors of ONNX Runtime that its binding reports without their number, by their text. */
const ERROR_NUMBERS: readonly (readonly [RegExp, number])[] = [
  [/File doesn't exist/, 3],
  [/Protobuf parsing failed/, 7],
  [/This is an invalid model|INVALID_GRAPH/, 10],
];

async function createSession(ort: OnnxRuntime, init: SessionInit): Promise<InferenceSession> {
  const { file, options } = init;
  try {
    // 3 is errors only: the warnings of ONNX Runtime pass the server's log by.
    return await ort.InferenceSession.create(file, { ...options, logSeverityLevel: 3 });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message.startsWith('Unsupported data type')) throw unsupportedTypeError(init);
    const number = ERROR_NUMBERS.find(([text]) => text.test(message))?.[1];
    const prefix = message.includes(file) ? '' : `Load model from ${file} failed:`;
    const label = number === undefined ? 'onnx runtime error' : `onnx runtime error ${number}`;
    throw new InferError('INTERNAL', `${label}: ${prefix}${message.trim()}`, { cause });
  }
}

const CARRIED_TYPES = /^tensor\((float|double|float16|u?int(8|16|32|64)|bool|string)\)$/;

/** Names the first tensor that cannot be carried. */
function unsupportedTypeError({ modelName, file }: SessionInit): InferError {
  const value = readOnnxValueTypes(readFileSync(file)).find(
    ({ type }) => !CARRIED_TYPES.test(type),
  );
  const tensor = value ? `tensor '${value.name}' of type ${value.type}` : 'a tensor of a type';
  return new InferError(
    'UNSUPPORTED',
    `unable to load model '${modelName}', ${file} has ${tensor} that onnxruntime-node cannot carry`,
  );
}

type Metadata = InferenceSession.ValueMetadata;

function isCarried(metadata: Metadata): boolean {
  return metadata.isTensor && datatypeOf(metadata.type) !== undefined;
}

function toSignatureTensor(metadata: Metadata): readonly SignatureTensor[] {
  const datatype = metadata.isTensor ? datatypeOf(metadata.type) : undefined;
  if (!metadata.isTensor || !datatype) return [];
  // A dimension with a name, or without anything, may have any size. So may one of 0, which no
  // configuration can say.
  const shape = metadata.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : -1));
  return [{ name: metadata.name, datatype, shape }];
}
