import type { RequestedOutput } from '@nereid/core';
import type { EnsembleGraph, EnsembleOutput, StepNode } from './ensemble-graph.js';

/** The part of an ensemble that certain outputs need. */
export interface EnsemblePart {
  readonly outputs: readonly EnsembleOutput[];
  readonly steps: readonly StepNode[];
  /** By tensor: the steps of the part that read it. */
  readonly readers: readonly (readonly StepNode[])[];
  /** By tensor: how often it is used, as the input of steps and as an output of the ensemble. */
  readonly useCounts: readonly number[];
}

/** Finds the part that answers a request; none requested asks for all outputs. */
export function partFor(graph: EnsembleGraph, requested: readonly RequestedOutput[]): EnsemblePart {
  const outputs =
    requested.length === 0
      ? graph.outputs
      : graph.outputs.filter(({ name }) => requested.some((output) => output.name === name));
  const steps = neededSteps(graph, outputs);
  const readers: StepNode[][] = graph.tensorNames.map(() => []);
  for (const step of steps) for (const tensor of step.reads) readers[tensor]?.push(step);
  const useCounts = readers.map(
    (list, tensor) => list.length + (outputs.some((output) => output.tensor === tensor) ? 1 : 0),
  );
  return { outputs, steps, readers, useCounts };
}

/** Goes from the outputs back to what they are made of. */
function neededSteps(
  graph: EnsembleGraph,
  outputs: readonly EnsembleOutput[],
): readonly StepNode[] {
  const tensors = new Set(outputs.map(({ tensor }) => tensor));
  const needed = new Set<StepNode>();
  // A Set visits what is added while it is walked.
  for (const tensor of tensors) {
    const writer = graph.steps.find((step) => step.outputs.some((out) => out.tensor === tensor));
    if (!writer) continue;
    needed.add(writer);
    for (const read of writer.reads) tensors.add(read);
  }
  return graph.steps.filter((step) => needed.has(step));
}
