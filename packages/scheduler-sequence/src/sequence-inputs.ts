import {
  type InferenceRequest,
  type ModelConfig,
  NEVER_CANCELLED,
  NO_PARAMETERS,
  type RequestedOutput,
  type SequencePosition,
  type Tensor,
} from '@nereid/core';
import { type ControlTensors, compileControls } from './control-tensors.js';
import {
  type CorrelationControl,
  correlationControl,
  correlationTensor,
} from './correlation-control.js';
import { Sequence } from './sequence.js';
import { SequenceStates, type StateRule } from './sequence-states.js';
import { zeroTensor } from './zero-tensor.js';

/** Models look at the position of each request, also of those that they need not answer. */
const NO_SEQUENCE: SequencePosition = { correlationId: 0n, start: false, end: false };

/** What the sequence batcher adds to the requests of one model. */
export class SequenceInputs {
  readonly correlation: CorrelationControl | undefined;
  readonly #controls: ControlTensors;
  readonly #stateOutputs: readonly RequestedOutput[];
  #states: readonly StateRule[] = [];

  constructor(config: ModelConfig) {
    this.correlation = correlationControl(config);
    this.#controls = compileControls(config);
    this.#stateOutputs = (config.sequenceBatching?.state ?? []).map(({ outputName }) => ({
      name: outputName,
      classificationCount: 0,
    }));
  }

  /** Called once, before the first request, for a model with implicit states. */
  setStates(states: readonly StateRule[]): void {
    this.#states = states;
  }

  newSequence(id: bigint | string): Sequence {
    return new Sequence(id, this.correlation && correlationTensor(this.correlation, id));
  }

  /** The states of a sequence that starts; undefined for a model without. */
  newStates(): SequenceStates | undefined {
    return this.#states.length > 0 ? new SequenceStates(this.#states) : undefined;
  }

  /**
   * The request as the model sees it: after its own inputs come controls, correlation ID and
   * states.
   */
  complete(
    request: InferenceRequest,
    sequence: Sequence,
    { start, end }: Pick<SequencePosition, 'start' | 'end'>,
  ): InferenceRequest {
    const inputs = [...request.inputs, ...this.#controls.at(start, end)];
    if (sequence.correlationTensor) inputs.push(sequence.correlationTensor);
    if (sequence.states) inputs.push(...sequence.states.inputs);
    return {
      modelName: request.modelName,
      modelVersion: request.modelVersion,
      id: request.id,
      inputs,
      requestedOutputs: this.#withStates(request.requestedOutputs),
      sequence: { correlationId: sequence.id, start, end },
      priority: request.priority,
      timeoutUs: request.timeoutUs,
      parameters: request.parameters,
      signal: sequence.cancelSource,
    };
  }

  /**
   * Fills the place of a slot without a request: the shapes of `model`, which is in the same batch
   * and complete, with zeros, controls that say so, and the correlation ID 0.
   */
  placeholder(model: InferenceRequest): InferenceRequest {
    const controls = new Map(this.#controls.notReady.map((tensor) => [tensor.name, tensor]));
    const inputs: Tensor[] = model.inputs.map(
      (tensor) => controls.get(tensor.name) ?? zeroTensor(tensor),
    );
    return {
      modelName: model.modelName,
      modelVersion: model.modelVersion,
      id: '',
      inputs,
      requestedOutputs: model.requestedOutputs,
      sequence: NO_SEQUENCE,
      priority: 0,
      timeoutUs: 0,
      parameters: NO_PARAMETERS,
      signal: NEVER_CANCELLED,
    };
  }

  /** A backend may leave out what is not asked for, but the states are always needed. */
  #withStates(outputs: readonly RequestedOutput[]): readonly RequestedOutput[] {
    if (outputs.length === 0 || this.#stateOutputs.length === 0) return outputs;
    return [...outputs, ...this.#stateOutputs];
  }
}
