/** The errors of requests that never execute, with Triton's texts (spec §4.1, §4.2). */

import { InferError, type InferenceRequest } from '@nereid/core';

/** What a scheduler says that has been stopped. */
export const STOPPED =
  'Server is stopping, scheduler for model has stopped accepting new inference requests';

export function stoppedError(request: InferenceRequest): InferError {
  return new InferError('UNAVAILABLE', `${prefix(request)}${STOPPED}`);
}

export function queueFullError(request: InferenceRequest): InferError {
  return new InferError('UNAVAILABLE', `${prefix(request)}Exceeds maximum queue size`);
}

export function timeoutError(): InferError {
  return new InferError('UNAVAILABLE', 'Request timeout expired');
}

/** Nobody reads its message, and Triton gives it none. */
export function cancelledError(): InferError {
  return new InferError('CANCELLED', '');
}

function prefix(request: InferenceRequest): string {
  return `[request id: ${request.id === '' ? '<id_unknown>' : request.id}] `;
}
