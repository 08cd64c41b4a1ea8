import type { InferError, PendingRequest, SequencePosition } from '@nereid/core';
import { cancelledError } from '@nereid/scheduler-kit';
import { type CorrelationControl, unfitDatatype } from './correlation-control.js';
import {
  batchSizeError,
  correlationTypeError,
  missingIdError,
  missingStartError,
  stoppedError,
} from './sequence-errors.js';

export interface Admission {
  readonly modelName: string;
  readonly correlation: CorrelationControl | undefined;
  readonly stopped: boolean;
  /** The sequence of the request takes more requests. */
  readonly known: boolean;
}

/** Why the sequence batcher cannot take a request: the fault that Triton would find first. */
export function refusalOf(
  { request, batchSize }: PendingRequest,
  position: SequencePosition | undefined,
  { modelName, correlation, stopped, known }: Admission,
): InferError | undefined {
  if (request.signal.cancelled) return cancelledError();
  const id = request.sequence?.correlationId;
  const given = correlation && id !== undefined ? unfitDatatype(correlation, id) : undefined;
  if (correlation && given) {
    const types = { control: correlation.name, given, expected: correlation.datatype };
    return correlationTypeError(request, types);
  }
  if (batchSize > 1) return batchSizeError(modelName);
  if (!position) return missingIdError(modelName);
  if (stopped) return stoppedError();
  if (!known && !position.start) return missingStartError(modelName, position.correlationId);
  return undefined;
}
