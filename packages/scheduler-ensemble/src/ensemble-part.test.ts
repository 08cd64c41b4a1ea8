import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EnsembleStep, ModelConfig } from '@nereid/core';
import { fakeInputConfig, fakeModelConfig, fakeOutputConfig } from '@nereid/testing';
import { compileEnsembleGraph } from './ensemble-graph.js';
import { partFor } from './ensemble-part.js';

type Map = Readonly<Record<string, string>>;

function step(modelName: string, inputMap: Map, outputMap: Map): EnsembleStep {
  return { modelName, modelVersion: -1, inputMap, outputMap, modelNamespace: '' };
}

function ensemble(outputs: readonly string[], steps: readonly EnsembleStep[]): ModelConfig {
  return fakeModelConfig({
    input: [fakeInputConfig({ name: 'X' })],
    output: outputs.map((name) => fakeOutputConfig({ name })),
    ensembleScheduling: { step: steps, maxInflightRequests: 0 },
  });
}

/** X ─ head ─ Y ─ tail ─ Z, and Y is an output, too. */
const CHAIN = compileEnsembleGraph(
  ensemble(
    ['Y', 'Z'],
    [
      step('head', { I: 'X' }, { O: 'Y', P: 'side' }),
      step('tail', { A: 'Y', B: 'side', C: 'side' }, { O: 'Z' }),
    ],
  ),
);

function names(requested: readonly string[]) {
  const part = partFor(
    CHAIN,
    requested.map((name) => ({ name, classificationCount: 0 })),
  );
  const useCounts = Object.fromEntries(
    CHAIN.tensorNames.map((name, tensor) => [name, part.useCounts[tensor]]),
  );
  return { steps: part.steps.map(({ model }) => model.name), useCounts };
}

test('without a wish, all steps run, and each tensor is kept for all that use it', () => {
  assert.deepEqual(names([]), {
    steps: ['head', 'tail'],
    useCounts: { X: 1, Y: 2, Z: 1, side: 1 },
  });
});

test('steps that no requested output needs do not run', () => {
  assert.deepEqual(names(['Y']), { steps: ['head'], useCounts: { X: 1, Y: 1, Z: 0, side: 0 } });
});

test('a tensor that is not asked for is still passed between steps', () => {
  assert.deepEqual(names(['Z']), {
    steps: ['head', 'tail'],
    useCounts: { X: 1, Y: 1, Z: 1, side: 1 },
  });
});

test('reshapes of outputs count inside the ensemble, and -1 is the latest version', () => {
  const graph = compileEnsembleGraph({
    ...ensemble(['Y'], [{ ...step('m', { I: 'X' }, { O: 'Y' }), modelVersion: 3 }]),
    output: [fakeOutputConfig({ name: 'Y', dims: [4], reshape: { shape: [2, 2] } })],
  });
  assert.deepEqual(graph.outputs[0]?.dims, [2, 2]);
  assert.deepEqual(graph.steps[0]?.model, { name: 'm', version: 3 });
  assert.deepEqual(CHAIN.steps[0]?.model, { name: 'head', version: -1 });
});
