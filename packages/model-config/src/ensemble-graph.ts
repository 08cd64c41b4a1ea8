import type { EnsembleStep, ModelConfig } from '@nereid/core';
import { configError } from './config-error.js';

/** A tensor of an ensemble: what steps read and write under one name. */
export interface EnsembleTensor {
  readonly name: string;
  /** The step that writes it; undefined for an input of the ensemble, and for a misspelt name. */
  writer: StepNode | undefined;
  readonly readers: StepNode[];
  /** It has a value once the steps that can run have run. */
  isReady: boolean;
}

interface StepNode {
  readonly inputs: ReadonlySet<EnsembleTensor>;
  readonly outputs: readonly EnsembleTensor[];
  /** Inputs that are not ready yet. */
  missingCount: number;
}

export type EnsembleGraph = ReadonlyMap<string, EnsembleTensor>;

/**
 * The tensors of an ensemble by name. Refuses incomplete steps, and a tensor that two steps write.
 */
export function buildEnsembleGraph(config: ModelConfig): EnsembleGraph {
  const graph = new Map<string, EnsembleTensor>();
  const steps = config.ensembleScheduling?.step ?? [];
  for (const [index, step] of steps.entries()) {
    requireComplete(step, `step ${index} of ensemble '${config.name}'`);
    const outputs = Object.values(step.outputMap).map((name) => tensorOf(graph, name));
    const inputs = new Set(Object.values(step.inputMap).map((name) => tensorOf(graph, name)));
    const node: StepNode = { inputs, outputs, missingCount: inputs.size };
    for (const input of inputs) input.readers.push(node);
    for (const output of outputs) {
      if (output.writer) throw writtenTwice(output, config, index);
      output.writer = node;
    }
  }
  return graph;
}

function requireComplete(step: EnsembleStep, where: string): void {
  if (step.modelName === '') throw configError(`must specify 'model_name' in ${where}`);
  if (Object.keys(step.inputMap).length === 0) {
    throw configError(`must specify 'input_map' in ${where}`);
  }
  if (Object.keys(step.outputMap).length === 0) {
    throw configError(`must specify 'output_map' in ${where}`);
  }
}

function tensorOf(graph: Map<string, EnsembleTensor>, name: string): EnsembleTensor {
  const known = graph.get(name);
  if (known) return known;
  const tensor = { name, writer: undefined, readers: [], isReady: false };
  graph.set(name, tensor);
  return tensor;
}

function writtenTwice(tensor: EnsembleTensor, config: ModelConfig, stepIndex: number) {
  return configError(
    `ensemble tensor '${tensor.name}' can appear in an output map only once for ensemble ` +
      `'${config.name}' step ${stepIndex}`,
  );
}

/** Marks `start` and whatever can be computed from it. Called once a graph. */
export function markReady(start: readonly EnsembleTensor[]): void {
  const queue = [...new Set(start)];
  for (const tensor of queue) tensor.isReady = true;
  // The loop also visits what it appends.
  for (const tensor of queue) {
    for (const output of tensor.readers.flatMap(outputsWhenReady)) {
      if (output.isReady) continue;
      output.isReady = true;
      queue.push(output);
    }
  }
}

/** Counts one more input of the step as ready; its outputs if that was the last one. */
function outputsWhenReady(step: StepNode): readonly EnsembleTensor[] {
  step.missingCount -= 1;
  return step.missingCount === 0 ? step.outputs : [];
}

/**
 * Follows the tensors that are not ready back from `output` to where the data flow breaks off;
 * `output` itself when it depends on nothing that is missing.
 */
export function findDisconnected(output: EnsembleTensor): EnsembleTensor {
  const seen = new Set<EnsembleTensor>();
  let last = output;
  for (;;) {
    const next = [...(last.writer?.inputs ?? [])].find(
      (input) => !input.isReady && !seen.has(input),
    );
    if (!next) return last;
    seen.add(next);
    last = next;
  }
}
