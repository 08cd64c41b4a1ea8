import { InferError, type PendingRequest } from '@nereid/core';

/** Asks for a request again, as its model wants. Returns why it fails, if it does. */
export function reschedule(pending: PendingRequest): InferError | undefined {
  if (pending.reschedule) {
    pending.reschedule();
    return undefined;
  }
  return new InferError(
    'INVALID_ARG',
    'Request is released with TRITONSERVER_REQUEST_RELEASE_RESCHEDULE, while the model is not ' +
      'configured to handle such a flag.',
  );
}
