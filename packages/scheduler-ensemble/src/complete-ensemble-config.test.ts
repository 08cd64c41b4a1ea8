import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type EnsembleStep, InferError, type ModelConfig } from '@nereid/core';
import { fakeInputConfig, fakeModelConfig, fakeOutputConfig } from '@nereid/testing';
import { completeEnsembleConfig } from './complete-ensemble-config.js';

type Map = Readonly<Record<string, string>>;

function step(modelName: string, inputMap: Map, outputMap: Map): EnsembleStep {
  return { modelName, modelVersion: -1, inputMap, outputMap, modelNamespace: '' };
}

interface Wanted extends Partial<ModelConfig> {
  readonly steps: readonly EnsembleStep[];
}

function complete({ steps, ...written }: Wanted): ModelConfig {
  const config = fakeModelConfig({
    name: 'e',
    platform: 'ensemble',
    input: [fakeInputConfig({ name: 'X' })],
    output: [fakeOutputConfig({ name: 'Y' })],
    ensembleScheduling: { step: steps, maxInflightRequests: 0 },
    ...written,
  });
  return completeEnsembleConfig(config, {
    modelConfig: ({ name }) => {
      const model = MODELS.get(name);
      if (model) return model;
      throw new InferError('NOT_FOUND', `no ${name}`);
    },
  });
}

const TRANSACTIONS = { decoupled: true };
const MODELS = new Map<string, ModelConfig>(
  [
    model('plain'),
    model('batches', { maxBatchSize: 4 }),
    model('whole', { input: [input({ dims: [-1, 1] })], output: [output({ dims: [-1, 1] })] }),
    model('integers', { input: [input({ dataType: 'TYPE_INT32' })] }),
    model('pair', { input: [input({ dims: [2] })] }),
    model('two', { input: [input({ name: 'A' }), input({ name: 'B' })] }),
    model('optional', { input: [input({ name: 'A' }), input({ name: 'B', optional: true })] }),
    model('repeat', { modelTransactionPolicy: TRANSACTIONS }),
  ].map((config) => [config.name, config]),
);

function model(name: string, written: Partial<ModelConfig> = {}): ModelConfig {
  return fakeModelConfig({ name, input: [input()], output: [output()], ...written });
}

function input(written: Parameters<typeof fakeInputConfig>[0] = {}) {
  return fakeInputConfig({ name: 'I', ...written });
}

function output(written: Parameters<typeof fakeOutputConfig>[0] = {}) {
  return fakeOutputConfig({ name: 'O', ...written });
}

function refuses(message: string, wanted: Wanted): void {
  assert.throws(() => complete(wanted), { code: 'INVALID_ARG', message });
}

const THROUGH = [step('plain', { I: 'X' }, { O: 'Y' })];

describe('whether an ensemble is decoupled', () => {
  it('follows from its models, whatever is written', () => {
    const written = complete({ steps: THROUGH, modelTransactionPolicy: TRANSACTIONS });
    assert.deepEqual(written.modelTransactionPolicy, { decoupled: false });
    const repeating = complete({
      steps: [step('repeat', { I: 'X' }, { O: 'm' }), step('plain', { I: 'm' }, { O: 'Y' })],
      modelTransactionPolicy: { decoupled: false },
    });
    assert.deepEqual(repeating.modelTransactionPolicy, { decoupled: true });
  });
});

describe('tensors of different decoupled origin', () => {
  const message = (name: string) =>
    `in ensemble e, step of model '${name}' receives inputs originated from different decoupled ` +
    'models';

  it('may not meet in a step', () => {
    refuses(message('two'), {
      steps: [
        step('two', { A: 'm', B: 'n' }, { O: 'Y' }),
        step('repeat', { I: 'X' }, { O: 'm' }),
        step('repeat', { I: 'X' }, { O: 'n' }),
      ],
    });
    refuses(message('two'), {
      steps: [step('repeat', { I: 'X' }, { O: 'm' }), step('two', { A: 'm', B: 'X' }, { O: 'Y' })],
    });
  });

  it('may not meet among the outputs', () => {
    refuses(message('e'), {
      output: [fakeOutputConfig({ name: 'Y' }), fakeOutputConfig({ name: 'Z' })],
      steps: [step('repeat', { I: 'X' }, { O: 'Y' }), step('plain', { I: 'X' }, { O: 'Z' })],
    });
  });

  it('are told from tensors of one origin that took different ways', () => {
    const { modelTransactionPolicy } = complete({
      steps: [
        step('repeat', { I: 'X' }, { O: 'm' }),
        step('plain', { I: 'm' }, { O: 'n' }),
        step('two', { A: 'm', B: 'n' }, { O: 'Y' }),
      ],
    });
    assert.deepEqual(modelTransactionPolicy, { decoupled: true });
  });
});

describe('the tensors of an ensemble', () => {
  it('have one datatype', () => {
    refuses(
      'in ensemble e, ensemble tensor m: inconsistent data type: TYPE_FP32 is inferred from ' +
        'model plain while TYPE_INT32 is inferred from model integers',
      { steps: [step('plain', { I: 'X' }, { O: 'm' }), step('integers', { I: 'm' }, { O: 'Y' })] },
    );
  });

  it('have shapes that do not exclude each other', () => {
    refuses(
      'in ensemble e, ensemble tensor m: inconsistent shape: [1] is inferred from model plain ' +
        'while [2] is inferred from model pair',
      { steps: [step('plain', { I: 'X' }, { O: 'm' }), step('pair', { I: 'm' }, { O: 'Y' })] },
    );
  });

  it('agree with what the ensemble itself says, inside of reshapes', () => {
    refuses(
      'in ensemble e, ensemble tensor Y: inconsistent shape: [-1,3] is inferred from model e ' +
        'while [-1,1] is inferred from model batches',
      {
        maxBatchSize: 2,
        output: [fakeOutputConfig({ name: 'Y', dims: [3] })],
        steps: [step('batches', { I: 'X' }, { O: 'Y' })],
      },
    );
    complete({
      input: [fakeInputConfig({ name: 'X', dims: [2, 3], reshape: { shape: [1] } })],
      steps: THROUGH,
    });
  });

  it('may be a batch for one model and a whole for another', () => {
    complete({
      maxBatchSize: 4,
      steps: [step('batches', { I: 'X' }, { O: 'm' }), step('whole', { I: 'm' }, { O: 'Y' })],
    });
    complete({ maxBatchSize: 4, steps: THROUGH });
  });
});

describe('the mapping of a step', () => {
  it('names inputs and outputs that the model has', () => {
    refuses('in ensemble e, ensemble tensor X is mapping to non-existing input NO in model plain', {
      steps: [step('plain', { NO: 'X' }, { O: 'Y' })],
    });
    refuses(
      'in ensemble e, ensemble tensor Y is mapped from non-existing output NO in model plain',
      { steps: [step('plain', { I: 'X' }, { NO: 'Y' })] },
    );
  });

  it('has all inputs that are not optional', () => {
    refuses('in ensemble e, input B in model two is not mapped to any ensemble tensors', {
      steps: [step('two', { A: 'X' }, { O: 'Y' })],
    });
    complete({ steps: [step('optional', { A: 'X' }, { O: 'Y' })] });
  });
});

it('refuses a batch size that a model does not allow, but a model without batches', () => {
  refuses(
    'ensemble e allows maximum batch size 8, but it contains model batches which only allows ' +
      'maximum batch size to be 4',
    { maxBatchSize: 8, steps: [step('batches', { I: 'X' }, { O: 'Y' })] },
  );
  complete({ maxBatchSize: 8, steps: THROUGH });
});

it('passes on why a model is not there', () => {
  assert.throws(() => complete({ steps: [step('gone', { I: 'X' }, { O: 'Y' })] }), {
    code: 'NOT_FOUND',
  });
});
