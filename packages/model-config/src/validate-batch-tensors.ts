import type { ModelConfig } from '@nereid/core';
import { configError } from './config-error.js';

/** Checks `batch_input` and `batch_output` against the model's inputs and outputs (spec §3.5). */
export function validateBatchTensors(config: ModelConfig): void {
  const problem = batchInputProblem(config) ?? batchOutputProblem(config);
  if (problem !== undefined) throw configError(`${problem} for ${config.name}`);
}

function batchInputProblem(config: ModelConfig): string | undefined {
  for (const { kind, dataType, sourceInput } of config.batchInput) {
    if (sourceInput.length !== 1) {
      return `batch input kind '${kind}' expects 1 source input, got ${sourceInput.length}`;
    }
    if (dataType !== 'TYPE_INT32' && dataType !== 'TYPE_FP32') {
      return 'batch input data type must be TYPE_INT32 or TYPE_FP32';
    }
    const problem = sourceProblem(sourceInput, config);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function batchOutputProblem(config: ModelConfig): string | undefined {
  for (const { kind, sourceInput, targetName } of config.batchOutput) {
    if (sourceInput.length !== 1) {
      return `batch output kind '${kind}' expects 1 source input, got ${sourceInput.length}`;
    }
    const problem = sourceProblem(sourceInput, config) ?? targetProblem(targetName, config);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function sourceProblem(sourceInput: readonly string[], config: ModelConfig): string | undefined {
  const inputs = new Set(config.input.map((input) => input.name));
  const unknown = sourceInput.find((name) => !inputs.has(name));
  return unknown === undefined ? undefined : `unknown source input name '${unknown}'`;
}

function targetProblem(targetName: readonly string[], config: ModelConfig): string | undefined {
  const outputs = new Set(config.output.map((output) => output.name));
  const seen = new Set<string>();
  for (const name of targetName) {
    if (!outputs.has(name)) return `unknown target output name '${name}'`;
    if (seen.has(name)) return `target output name '${name}' can only be specified once`;
    seen.add(name);
  }
  return undefined;
}
