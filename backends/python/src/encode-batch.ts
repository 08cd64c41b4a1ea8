import { parametersJson } from '@nereid/backend-kit';
import type { InferenceRequest } from '@nereid/core';
import type { FrameWriter } from './frame-writer.js';
import type { OpenRequest, RunningBatch } from './running-batch.js';
import type { SignatureEncoder } from './tensor-signature.js';
import { REQUEST_FLAG, REQUEST_HEADER_BYTES, REQUEST_TEXTS_BYTES, TO_STUB } from './wire-format.js';
import { writeTensorData } from './write-tensors.js';

/** Appends the frame of a batch. */
export function writeBatch(
  writer: FrameWriter,
  { id, requests }: RunningBatch,
  signatures: SignatureEncoder,
): void {
  const start = writer.beginFrame();
  for (const open of requests) writeRequest(writer, open, signatures);
  writer.endFrame(start, { kind: TO_STUB.execute, count: requests.length, id });
}

function writeRequest(
  writer: FrameWriter,
  { key, pending, placement: shared }: OpenRequest,
  signatures: SignatureEncoder,
): void {
  const { request } = pending;
  const { inputs: tensors, requestedOutputs: requested, sequence } = request;
  const signature = signatures.encode({ tensors, requested, shared });
  const start = writer.skip(REQUEST_HEADER_BYTES);
  writer.append(signature);
  writer.setUint32(start + 4, key);
  const correlationId = sequence?.correlationId ?? 0n;
  const isNumber = typeof correlationId === 'bigint';
  if (isNumber && correlationId !== 0n) writer.setBigUint64(start + 8, correlationId);
  else writer.setUint64(start + 8, 0);
  writer.setUint64(start + 16, request.timeoutUs);
  writer.setUint32(start + 24, REQUEST_TEXTS_BYTES + signature.length);
  writer.setUint32(start + 28, requestFlags(request));
  writer.setUint16(start + 32, writer.appendText(request.id));
  writer.setUint16(start + 34, isNumber ? 0 : writer.appendText(correlationId));
  writer.setUint32(
    start + 36,
    request.parameters.size === 0 ? 0 : writer.appendText(parametersJson(request.parameters)),
  );
  const traceparent = request.trace?.traceparent;
  writer.setUint16(start + 40, traceparent === undefined ? 0 : writer.appendText(traceparent));
  writer.setUint16(start + 42, request.trace ? 1 : 0);
  writer.setUint32(start + 44, 0);
  writer.align();
  writeTensorData(writer, tensors, shared);
  writer.setUint32(start, writer.length - start);
}

function requestFlags({ sequence, signal }: InferenceRequest): number {
  const cancelled = signal.cancelled ? REQUEST_FLAG.cancelled : 0;
  if (!sequence) return cancelled;
  const start = sequence.start ? REQUEST_FLAG.sequenceStart : 0;
  const end = sequence.end ? REQUEST_FLAG.sequenceEnd : 0;
  return cancelled | start | end;
}
