/** The errors of requests that the sequence batcher refuses, with Triton's texts (spec §4.3). */

import { InferError, type InferenceRequest } from '@nereid/core';
import { STOPPED } from '@nereid/scheduler-kit';

export function stoppedError(): InferError {
  return new InferError('UNAVAILABLE', STOPPED);
}

export function batchSizeError(modelName: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `inference request to model '${modelName}' must specify batch-size 1 due to requirements of ` +
      'sequence batcher',
  );
}

export function missingIdError(modelName: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `inference request to model '${modelName}' must specify a non-zero or non-empty correlation ID`,
  );
}

export function missingStartError(modelName: string, id: bigint | string): InferError {
  return new InferError(
    'INVALID_ARG',
    `inference request for sequence ${id} to model '${modelName}' must specify the START flag on ` +
      'the first request of the sequence',
  );
}

export function backlogTimeoutError(): InferError {
  return new InferError('UNAVAILABLE', 'timeout of the corresponding sequence has been expired');
}

/** In Triton a check of the request as such, whose errors name the request, unlike the others. */
export function correlationTypeError(
  request: InferenceRequest,
  types: { readonly control: string; readonly given: string; readonly expected: string },
): InferError {
  const id = request.id === '' ? '<id_unknown>' : request.id;
  return new InferError(
    'INVALID_ARG',
    `[request id: ${id}] sequence batching control '${types.control}' data-type is ` +
      `'${types.given}', but model '${request.modelName}' expects '${types.expected}'`,
  );
}
