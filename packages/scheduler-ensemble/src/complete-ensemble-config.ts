import { type ConfigContext, type EnsembleStep, InferError, type ModelConfig } from '@nereid/core';
import { isDecoupledFlow } from './decoupled-flow.js';
import { compositionError } from './ensemble-errors.js';
import { compileEnsembleGraph } from './ensemble-graph.js';
import { TensorAgreement } from './tensor-agreement.js';

/**
 * Checks an ensemble against the models it is composed of (spec §3.5), and sets whether it is
 * decoupled, which follows from them whatever is written. Throws an InferError that names step and
 * tensor.
 */
export function completeEnsembleConfig(config: ModelConfig, context: ConfigContext): ModelConfig {
  const agreement = new TensorAgreement(config);
  const steps = config.ensembleScheduling?.step ?? [];
  const decoupledSteps = steps.map((step) => {
    const model = context.modelConfig({ name: step.modelName, version: step.modelVersion });
    checkBatchSize(config, model);
    checkInputs({ ensemble: config.name, step, model, agreement });
    checkOutputs({ ensemble: config.name, step, model, agreement });
    return model.modelTransactionPolicy?.decoupled ?? false;
  });
  const decoupled = isDecoupledFlow(compileEnsembleGraph(config), decoupledSteps);
  return { ...config, modelTransactionPolicy: { decoupled } };
}

/** A model without batches may take part: a batch of one can be passed to it. */
function checkBatchSize(ensemble: ModelConfig, model: ModelConfig): void {
  if (model.maxBatchSize === 0 || model.maxBatchSize >= ensemble.maxBatchSize) return;
  throw new InferError(
    'INVALID_ARG',
    `ensemble ${ensemble.name} allows maximum batch size ${ensemble.maxBatchSize}, but it ` +
      `contains model ${model.name} which only allows maximum batch size to be ` +
      `${model.maxBatchSize}`,
  );
}

interface StepCheck {
  readonly ensemble: string;
  readonly step: EnsembleStep;
  readonly model: ModelConfig;
  readonly agreement: TensorAgreement;
}

function checkInputs({ ensemble, step, model, agreement }: StepCheck): void {
  const names = new Set(model.input.map(({ name }) => name));
  for (const [name, tensor] of Object.entries(step.inputMap)) {
    if (names.has(name)) continue;
    throw compositionError(
      ensemble,
      `ensemble tensor ${tensor} is mapping to non-existing input ${name} in model ${model.name}`,
    );
  }
  for (const input of model.input) {
    const tensor = mapped(step.inputMap, input.name);
    if (tensor !== undefined) {
      agreement.check(tensor, input, model);
    } else if (!input.optional) {
      throw compositionError(
        ensemble,
        `input ${input.name} in model ${model.name} is not mapped to any ensemble tensors`,
      );
    }
  }
}

function checkOutputs({ ensemble, step, model, agreement }: StepCheck): void {
  const outputs = new Map(model.output.map((output) => [output.name, output]));
  for (const [name, tensor] of Object.entries(step.outputMap)) {
    if (outputs.has(name)) continue;
    throw compositionError(
      ensemble,
      `ensemble tensor ${tensor} is mapped from non-existing output ${name} in model ${model.name}`,
    );
  }
  for (const [name, tensor] of Object.entries(step.outputMap)) {
    const output = outputs.get(name);
    if (output) agreement.check(tensor, output, model);
  }
}

/** Names come from clients, so that one may be that of a member every object has. */
function mapped(map: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}
