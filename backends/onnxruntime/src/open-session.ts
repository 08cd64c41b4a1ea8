/**
 * Opens sessions. Runs in a thread of its own: both the import and the session are synchronous and
 * slow.
 */

import { readFileSync } from 'node:fs';
import { InferError } from '@nereid/core';
import type { Binding } from 'onnxruntime-node/dist/binding.js';
import { loadLibrary } from './onnx-library.js';
import { OnnxSession } from './onnx-session.js';
import { readOnnxValueTypes } from './onnx-value-types.js';
import type { SessionInit } from './session-protocol.js';
import { elementDatatype } from './session-tensors.js';

/** Throws an InferError that names the file and the cause. */
export function openSession(init: SessionInit): OnnxSession {
  // With a global Float16Array the package hands out float16 data as such, and wants it so;
  // without, the bits are in a Uint16Array on every Node. It looks once, at its first tensor.
  Reflect.deleteProperty(globalThis, 'Float16Array');
  const session = createSession(init);
  const { inputMetadata, outputMetadata } = session;
  if ([...inputMetadata, ...outputMetadata].every(isCarried)) {
    return new OnnxSession(session, {
      inputs: inputMetadata.flatMap(toSignatureTensor),
      outputs: outputMetadata.flatMap(toSignatureTensor),
    });
  }
  session.dispose();
  throw unsupportedTypeError(init);
}

/** Errors of ONNX Runtime that its binding reports without their number, by their text. */
const ERROR_NUMBERS: readonly (readonly [RegExp, number])[] = [
  [/File doesn't exist/, 3],
  [/Protobuf parsing failed/, 7],
  [/This is an invalid model|INVALID_GRAPH/, 10],
];

function createSession(init: SessionInit): Binding.InferenceSession {
  const { file, options } = init;
  const session = new (loadLibrary().InferenceSession)();
  try {
    // 3 is errors only: the warnings of ONNX Runtime pass the server's log by.
    session.loadModel(file, { ...options, logSeverityLevel: 3 });
    return session;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
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

function isCarried({ isTensor, type }: Binding.ValueMetadata): boolean {
  return isTensor && elementDatatype(type) !== undefined;
}

function toSignatureTensor({ name, type, shape }: Binding.ValueMetadata) {
  const datatype = elementDatatype(type);
  // A dimension of 0, which no configuration can say, may have any size, as one without a number.
  const dims = shape.map((dim) => (dim > 0 ? dim : -1));
  return datatype ? [{ name, datatype, shape: dims }] : [];
}
