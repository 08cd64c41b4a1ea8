import type { ModelConfig, ModelReference, RequestedOutput } from '@nereid/core';

/** Ties a tensor of a model to a tensor of the ensemble, which goes by its number. */
export interface TensorLink {
  readonly name: string;
  readonly tensor: number;
}

export interface EnsembleInput extends TensorLink {
  readonly optional: boolean;
}

export interface EnsembleOutput extends TensorLink {
  /** As the steps see it, without the batch dimension; -1 is a dimension of any size. */
  readonly dims: readonly number[];
}

/** One step: which model runs on which tensors. */
export interface StepNode {
  readonly index: number;
  readonly model: ModelReference;
  readonly inputs: readonly TensorLink[];
  readonly outputs: readonly TensorLink[];
  /** The ensemble's tensors among its inputs, each once. */
  readonly reads: readonly number[];
  /** Those among its outputs. */
  readonly writes: readonly number[];
  /** What it asks of its model: the outputs that are mapped. */
  readonly requestedOutputs: readonly RequestedOutput[];
}

/** The data flow of an ensemble, compiled once a load. */
export interface EnsembleGraph {
  readonly name: string;
  readonly batching: boolean;
  readonly tensorNames: readonly string[];
  readonly inputs: readonly EnsembleInput[];
  readonly inputTensors: readonly number[];
  readonly outputs: readonly EnsembleOutput[];
  readonly steps: readonly StepNode[];
}

/** Compiles a valid ensemble configuration: model-config has checked that the graph is whole. */
export function compileEnsembleGraph(config: ModelConfig): EnsembleGraph {
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  const link = ([name, tensor]: readonly [string, string]): TensorLink => ({
    name,
    tensor: numberOf(tensor),
  });
  const inputs = config.input.map(({ name, optional }) => ({ ...link([name, name]), optional }));
  const outputs = config.output.map(({ name, dims, reshape }) => ({
    ...link([name, name]),
    dims: reshape?.shape ?? dims,
  }));
  const steps = (config.ensembleScheduling?.step ?? []).map((step, index) => {
    const stepInputs = Object.entries(step.inputMap).map(link);
    const stepOutputs = Object.entries(step.outputMap).map(link);
    return {
      index,
      model: { name: step.modelName, version: step.modelVersion },
      inputs: stepInputs,
      outputs: stepOutputs,
      reads: [...new Set(stepInputs.map(({ tensor }) => tensor))],
      writes: stepOutputs.map(({ tensor }) => tensor),
      requestedOutputs: stepOutputs.map(({ name }) => ({ name, classificationCount: 0 })),
    };
  });
  const tensorNames = [...numbers.keys()];
  return {
    name: config.name,
    batching: config.maxBatchSize > 0,
    tensorNames,
    inputs,
    inputTensors: inputs.map(({ tensor }) => tensor),
    outputs,
    steps,
  };
}
