import type { InferenceRequest, Tensor } from '@nereid/core';

/** The same request with other inputs; member by member, as it may be more than a plain object. */
export function withInputs(request: InferenceRequest, inputs: readonly Tensor[]): InferenceRequest {
  return {
    modelName: request.modelName,
    modelVersion: request.modelVersion,
    id: request.id,
    inputs,
    requestedOutputs: request.requestedOutputs,
    sequence: request.sequence,
    priority: request.priority,
    timeoutUs: request.timeoutUs,
    parameters: request.parameters,
    signal: request.signal,
    trace: request.trace,
    callers: request.callers,
  };
}
