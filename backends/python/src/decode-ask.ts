import type { InferenceRequest, RequestedOutput } from '@nereid/core';
import { NO_PARAMETERS } from '@nereid/core';
import { readTensors, type SharedTensorData } from './decode-response.js';
import type { Frame } from './frame-reader.js';
import { decodeParameters } from './parameters-codec.js';
import type { SignatureDecoder } from './tensor-signature.js';
import { ASK_FLAG, ASK_HEADER_BYTES, aligned } from './wire-format.js';

/** Nobody tells when the other model is done with it. */
const NEW_MEMORY = { take: Buffer.allocUnsafeSlow };

/** A request that a model makes of another one. */
export interface ModelAsk {
  /** Tells the model's calls apart. */
  readonly id: number;
  /** The batch that the model executes meanwhile; 0 for none. */
  readonly batchId: number;
  readonly decoupled: boolean;
  readonly request: Omit<InferenceRequest, 'signal' | 'callers' | 'trace'>;
  readonly shared: readonly SharedTensorData[] | undefined;
}

/** Throws an Error when the frame is no such request. */
export function decodeAsk(frame: Frame, signatures: SignatureDecoder): ModelAsk {
  const { bytes, start, id } = frame;
  const flags = bytes.readUInt32LE(start + 44);
  const signatureStart = start + ASK_HEADER_BYTES;
  const signatureEnd = signatureStart + bytes.readUInt32LE(start + 4);
  const nameEnd = signatureEnd + bytes.readUInt16LE(start + 32);
  const idEnd = nameEnd + bytes.readUInt16LE(start + 34);
  const correlationEnd = idEnd + bytes.readUInt16LE(start + 36);
  const parametersEnd = correlationEnd + bytes.readUInt32LE(start + 40);
  const { tensors, requested, shared } = readTensors(bytes, signatureStart, {
    signatures,
    memory: NEW_MEMORY,
    signatureEnd,
    dataStart: start + aligned(parametersEnd - start),
  });
  const version = bytes.readBigInt64LE(start + 24);
  const correlationId =
    correlationEnd > idEnd
      ? bytes.toString('utf8', idEnd, correlationEnd)
      : bytes.readBigUInt64LE(start + 16);
  return {
    id,
    batchId: bytes.readUInt32LE(start),
    decoupled: (flags & ASK_FLAG.decoupled) !== 0,
    shared,
    request: {
      modelName: bytes.toString('utf8', signatureEnd, nameEnd),
      modelVersion: version < 0n ? undefined : Number(version),
      id: bytes.toString('utf8', nameEnd, idEnd),
      inputs: tensors,
      requestedOutputs: requested.map(
        (name): RequestedOutput => ({ name, classificationCount: 0 }),
      ),
      sequence:
        correlationId === 0n
          ? undefined
          : {
              correlationId,
              start: (flags & ASK_FLAG.sequenceStart) !== 0,
              end: (flags & ASK_FLAG.sequenceEnd) !== 0,
            },
      priority: 0,
      timeoutUs: Number(bytes.readBigUInt64LE(start + 8)),
      parameters:
        parametersEnd === correlationEnd
          ? NO_PARAMETERS
          : decodeParameters(bytes.subarray(correlationEnd, parametersEnd)),
    },
  };
}
