import type {
  CancelSignal,
  InferenceRequest,
  Logger,
  ModelConfig,
  SequencePosition,
  Tensor,
} from '@nereid/core';
import type { StepNode } from './ensemble-graph.js';
import { equalSequences, requestSequence, sequenceOf } from './step-sequence.js';
import { adaptTensor, type TensorStore } from './tensor-store.js';

export interface StepRequestParts {
  readonly step: StepNode;
  readonly iteration: number;
  readonly store: TensorStore;
  /** That of the step's model. */
  readonly config: ModelConfig;
  /** The request to the ensemble, from which the step's has all but its tensors. */
  readonly request: InferenceRequest;
  readonly signal: CancelSignal;
  readonly logger: Logger;
}

export interface StepRequest {
  readonly request: InferenceRequest;
  readonly sequence: SequencePosition;
  /** Of the model's outputs; 0 if it has no batch dimension. */
  readonly batchSize: number;
}

/** Makes the request of a step whose inputs are there. An input without a tensor is left out. */
export function makeStepRequest(parts: StepRequestParts): StepRequest {
  const { step, config, request, signal } = parts;
  const inputs = stepInputs(parts);
  const sequence = stepSequence(parts);
  const { name, version } = step.model;
  return {
    request: {
      modelName: name,
      modelVersion: version < 0 ? undefined : version,
      id: request.id,
      inputs,
      requestedOutputs: step.requestedOutputs,
      sequence: requestSequence(sequence),
      priority: request.priority,
      timeoutUs: request.timeoutUs,
      parameters: request.parameters,
      signal,
      trace: request.trace,
      // None may wait, but the request is not the client's own: its tensors are also other steps'.
      callers: request.callers ?? [],
    },
    sequence,
    batchSize: config.maxBatchSize > 0 ? (inputs[0]?.shape[0] ?? 1) : 0,
  };
}

function stepInputs({ step, iteration, store, config }: StepRequestParts): readonly Tensor[] {
  const inputs: Tensor[] = [];
  const batching = config.maxBatchSize > 0;
  for (const { name, tensor } of step.inputs) {
    const value = store.get(tensor, iteration);
    const input = value && adaptTensor(value, name, { dims: dimsOf(config, name), batching });
    if (input) inputs.push(input);
  }
  return inputs;
}

function dimsOf({ input }: ModelConfig, name: string): readonly number[] {
  for (const candidate of input) if (candidate.name === name) return candidate.dims;
  return [];
}

/** The sequence that comes with the inputs; that of the ensemble's request when none does. */
function stepSequence(parts: StepRequestParts): SequencePosition {
  const { step, iteration, store, request, logger } = parts;
  let found: SequencePosition | undefined;
  for (const tensor of step.reads) {
    const sequence = store.get(tensor, iteration)?.sequence;
    if (sequence && found && !equalSequences(sequence, found)) {
      logger.warn(
        `inputs of the step of model '${step.model.name}' come with different sequence ` +
          `parameters; correlation ID ${found.correlationId} is used`,
      );
    }
    found ??= sequence;
  }
  return found ?? sequenceOf(request);
}
