import type { ParameterValue, Tensor } from '@nereid/core';
import { decodeParameters } from './parameters-codec.js';
import type { SignatureDecoder } from './tensor-signature.js';
import { aligned, RESPONSE_FLAG, RESPONSE_HEADER_BYTES } from './wire-format.js';

/** A tensor whose data a stub has left in the shared file. */
export interface SharedTensorData {
  readonly position: number;
  readonly data: Buffer;
}

/** What a stub says of one request. */
export interface StubResponse {
  readonly key: number;
  readonly status: number;
  readonly final: boolean;
  readonly errorCode: number;
  /** The message of an error. */
  readonly text: string;
  readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
  /** Views of the frame, or of what `TensorSources` gives for the shared file. */
  readonly outputs: readonly Tensor[];
  readonly shared: readonly SharedTensorData[] | undefined;
  /** Where the next response begins. */
  readonly end: number;
}

const NO_OUTPUTS: readonly Tensor[] = [];

/** Reads the response at `start`. */
export function decodeResponse(
  bytes: Buffer,
  start: number,
  { signatures, memory }: TensorSources,
): StubResponse {
  const end = start + bytes.readUInt32LE(start);
  const flags = bytes.readUInt8(start + 10);
  const signatureEnd = start + RESPONSE_HEADER_BYTES + bytes.readUInt32LE(start + 12);
  const textEnd = signatureEnd + bytes.readUInt32LE(start + 16);
  const parametersEnd = textEnd + bytes.readUInt32LE(start + 20);
  const tensors =
    signatureEnd === start + RESPONSE_HEADER_BYTES
      ? undefined
      : readTensors(bytes, start + RESPONSE_HEADER_BYTES, {
          signatures,
          memory,
          signatureEnd,
          dataStart: start + aligned(parametersEnd - start),
        });
  return {
    key: bytes.readUInt32LE(start + 4),
    status: bytes.readUInt8(start + 8),
    errorCode: bytes.readUInt8(start + 9),
    final: (flags & RESPONSE_FLAG.final) !== 0,
    text: textEnd === signatureEnd ? '' : bytes.toString('utf8', signatureEnd, textEnd),
    parameters:
      parametersEnd === textEnd
        ? undefined
        : decodeParameters(bytes.subarray(textEnd, parametersEnd)),
    outputs: tensors?.tensors ?? NO_OUTPUTS,
    shared: tensors?.shared,
    end,
  };
}

/** What is needed to make tensors of bytes. */
export interface TensorSources {
  readonly signatures: SignatureDecoder;
  readonly memory: TensorMemory;
}

/** Where the tensors come from that are not in the frame. */
export interface TensorMemory {
  /** For the data that lies at that position of the shared file. */
  take(sizeBytes: number, position: number): Buffer;
}

interface TensorPlaces extends TensorSources {
  readonly signatureEnd: number;
  readonly dataStart: number;
}

/** Tensors of a response or of a request that a model makes. */
export function readTensors(
  bytes: Buffer,
  signatureStart: number,
  { signatures, memory, signatureEnd, dataStart }: TensorPlaces,
): {
  readonly tensors: readonly Tensor[];
  readonly requested: readonly string[];
  readonly shared: readonly SharedTensorData[] | undefined;
} {
  const { tensors: described, requested } = signatures.decode(bytes, signatureStart, signatureEnd);
  let shared: SharedTensorData[] | undefined;
  let wordPosition = dataStart;
  let position = dataStart;
  for (const tensor of described) if (tensor.shared) position += 8;
  const tensors = described.map(
    ({ name, datatype, shape, sizeBytes, shared: isShared }): Tensor => {
      if (!isShared) {
        const data = bytes.subarray(position, position + sizeBytes);
        position += aligned(sizeBytes);
        return { name, datatype, shape, data };
      }
      const place = Number(bytes.readBigUInt64LE(wordPosition));
      const data = memory.take(sizeBytes, place);
      shared ??= [];
      shared.push({ position: place, data });
      wordPosition += 8;
      return { name, datatype, shape, data };
    },
  );
  return { tensors, requested, shared };
}
