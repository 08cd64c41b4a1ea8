import type { BatchTimes, InferenceRequest, RequestTrace, TracedModel } from '@nereid/core';
import { BatchTimer } from './batch-timer.js';
import { withInputs } from './with-inputs.js';

/**
 * Enters a traced request into a model: what is recorded of it from now on is that model's part,
 * which the returned request carries.
 */
export function enterTrace(
  request: InferenceRequest,
  trace: RequestTrace,
  { modelName, modelVersion }: Omit<TracedModel, 'requestId'>,
): InferenceRequest {
  const part = trace.enter({ modelName, modelVersion, requestId: request.id });
  part.record('REQUEST_START');
  return part === trace ? request : { ...withInputs(request, request.inputs), trace: part };
}

/** The request goes to its scheduler. */
export function traceQueueStart({ inputs, trace }: InferenceRequest, acceptedNs: number): void {
  trace?.record('QUEUE_START', acceptedNs);
  trace?.recordTensors('TENSOR_QUEUE_INPUT', inputs);
}

/** The request has ended at `endNs`. `times` is undefined when it never executed. */
export function traceEnd(trace: RequestTrace, times: BatchTimes | undefined, endNs: number): void {
  // The times of an ensemble are those of its steps, which have traces of their own.
  if (times instanceof BatchTimer) {
    // A phase that the backend did not tell of has no length, as in the statistics.
    const inputEndNs = times.inputEndNs || times.startNs;
    trace.record('COMPUTE_START', times.startNs);
    trace.record('COMPUTE_INPUT_END', inputEndNs);
    trace.record('COMPUTE_OUTPUT_START', times.outputStartNs || endNs);
    trace.record('COMPUTE_END', endNs);
  }
  trace.record('REQUEST_END', endNs);
  trace.leave();
}
