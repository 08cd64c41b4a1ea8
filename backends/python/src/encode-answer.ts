import { parametersJson } from '@nereid/backend-kit';
import type { InferError, InferenceResponse } from '@nereid/core';
import type { FrameWriter } from './frame-writer.js';
import type { Placement } from './input-placement.js';
import type { SignatureEncoder } from './tensor-signature.js';
import {
  ANSWER_FLAG,
  codeOfError,
  RESPONSE_HEADER_BYTES,
  RESPONSE_STATUS,
  TO_STUB,
} from './wire-format.js';
import { writeTensorData } from './write-tensors.js';

interface Answer {
  /** The call that it answers. */
  readonly id: number;
  readonly response: Pick<InferenceResponse, 'outputs' | 'parameters' | 'final'>;
  readonly placement: Placement | undefined;
}

/** Appends a response to a request that a model has made; one that is final is the end, too. */
export function writeAnswer(
  writer: FrameWriter,
  { id, response, placement: shared }: Answer,
  signatures: SignatureEncoder,
): void {
  const { outputs: tensors, parameters, final } = response;
  const extra = final ? ANSWER_FLAG.final : 0;
  writer.frame({ kind: TO_STUB.answer, count: 1, id, extra }, () => {
    const signature = signatures.encode({ tensors, requested: [], shared });
    const start = startResponse(writer, RESPONSE_STATUS.response);
    writer.append(signature);
    writer.setUint32(start + 12, signature.length);
    const text = parameters.size === 0 ? '' : parametersJson(parameters);
    writer.setUint32(start + 20, writer.appendText(text));
    writer.align();
    writeTensorData(writer, tensors, shared);
    writer.setUint32(start, writer.length - start);
  });
}

/** Appends the end of the answers to a request that a model has made. */
export function writeAnswerEnd(
  writer: FrameWriter,
  id: number,
  error: InferError | undefined,
): void {
  const extra = ANSWER_FLAG.final;
  if (error) writeErrorAnswer(writer, { id, error, extra });
  else writer.frame({ kind: TO_STUB.answer, count: 0, id, extra }, () => {});
}

interface ErrorAnswer {
  readonly id: number;
  readonly error: InferError;
  /** 0 where other answers may follow. */
  readonly extra: number;
}

/** Appends an answer that is an error. */
export function writeErrorAnswer(writer: FrameWriter, { id, error, extra }: ErrorAnswer): void {
  writer.frame({ kind: TO_STUB.answer, count: 1, id, extra }, () => {
    const start = startResponse(writer, RESPONSE_STATUS.error);
    writer.setUint8(start + 9, codeOfError(error.code));
    writer.setUint32(start + 16, writer.appendText(error.message));
    writer.align();
    writer.setUint32(start, writer.length - start);
  });
}

function startResponse(writer: FrameWriter, status: number): number {
  const start = writer.skip(RESPONSE_HEADER_BYTES);
  for (let offset = 0; offset < RESPONSE_HEADER_BYTES; offset += 4) {
    writer.setUint32(start + offset, 0);
  }
  writer.setUint8(start + 8, status);
  return start;
}
