import type { ModelConfig } from '@nereid/core';
import { configError } from './config-error.js';
import {
  buildEnsembleGraph,
  type EnsembleGraph,
  type EnsembleTensor,
  findDisconnected,
  markReady,
} from './ensemble-graph.js';

/**
 * Checks what an ensemble's own configuration tells: its fields and its data flow (spec §3.5).
 * Whether the tensors agree with those of the models it runs is checked when they are known, at
 * load.
 */
export function validateEnsemble(config: ModelConfig): void {
  const { name, platform } = config;
  if (!config.ensembleScheduling) {
    if (platform !== 'ensemble') return;
    throw configError(
      `ensemble scheduling must be set for ensemble ${name} whose platform is ensemble`,
    );
  }
  validateFields(config);
  const graph = buildEnsembleGraph(config);
  markReady(config.input.map((input) => usedTensor(graph, { role: 'input', ...input }, name)));
  const outputs = config.output.map((output) =>
    usedTensor(graph, { role: 'output', ...output }, name),
  );
  for (const output of outputs) requireReady(output, name);
  requireAllUsed(graph, new Set(outputs), name);
}

function validateFields(config: ModelConfig): void {
  const { name } = config;
  if (config.platform !== 'ensemble') {
    throw configError(
      `ensemble scheduling cannot be set for model '${name}' whose platform is not ensemble`,
    );
  }
  if (config.instanceGroup.length > 0) {
    throw configError(`instance group should not be specified for ensemble '${name}'`);
  }
  if (config.optimization) {
    throw configError(`optimization should not be specified for ensemble '${name}'`);
  }
  if (config.modelWarmup.length > 0) {
    throw configError(`model_warmup can not be specified for ensemble '${name}'`);
  }
  if (config.ensembleScheduling?.step.length === 0) {
    throw configError(`must specify 'step' for ensemble '${name}'`);
  }
}

interface NamedTensor {
  readonly role: 'input' | 'output';
  readonly name: string;
}

function usedTensor(graph: EnsembleGraph, { role, name }: NamedTensor, ensemble: string) {
  const tensor = graph.get(name);
  if (tensor) return tensor;
  // The unbalanced quote is Triton's.
  throw configError(`ensemble ${role} '${name}' for ensemble ${ensemble}' is not used`);
}

function requireReady(output: EnsembleTensor, ensemble: string): void {
  if (output.isReady) return;
  const missing = findDisconnected(output);
  const cause =
    missing === output
      ? ''
      : `: at least one of its depending tensors, '${missing.name}', is not connected`;
  throw configError(`output '${output.name}' for ensemble '${ensemble}' is not written${cause}`);
}

/** A tensor that nobody reads, or that never gets a value, is most likely a misspelt name. */
function requireAllUsed(
  graph: EnsembleGraph,
  outputs: ReadonlySet<EnsembleTensor>,
  ensemble: string,
): void {
  for (const tensor of graph.values()) {
    if (outputs.has(tensor) || (tensor.isReady && tensor.readers.length > 0)) continue;
    throw configError(`ensemble tensor '${tensor.name}' is unused in ensemble '${ensemble}'`);
  }
}
