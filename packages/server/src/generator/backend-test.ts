import { importStatement } from './module-syntax.js';

const TESTING = importStatement('@nereid/testing', [
  'describeBackend',
  'fakeInputConfig',
  'fakeModelConfig',
  'fakeOutputConfig',
  'fakePluginContext',
  'fp32Tensor',
  'fp32Values',
  'makeTemporaryModel',
]);

/** The contract suite, filled in for the multiplying backend. */
export function backendTest(name: string): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
${TESTING}
import plugin from './index.js';

const CONFIG = fakeModelConfig({
  name: 'm',
  backend: '${name}',
  maxBatchSize: 8,
  input: [fakeInputConfig({ name: 'INPUT', dims: [2] })],
  output: [fakeOutputConfig({ name: 'OUTPUT', dims: [2] })],
  parameters: { factor: { stringValue: '3' } },
});

describeBackend('${name}', {
  plugin,
  model: () => makeTemporaryModel(CONFIG),
  inputs: (batchSize, seed) => {
    const values = Array.from({ length: batchSize * 2 }, (_, index) => seed * 10 + index);
    return [fp32Tensor('INPUT', [batchSize, 2], values)];
  },
  outputs: (inputs) =>
    inputs.map((input) => {
      const values = [...fp32Values(input)].map((value) => value * 3);
      return fp32Tensor('OUTPUT', input.shape, values);
    }),
});

test('refuses a factor that is not a number', async () => {
  const parameters = { factor: { stringValue: 'three' } };
  const { source, remove } = await makeTemporaryModel({ ...CONFIG, parameters });
  const backend = plugin.createBackend(fakePluginContext());
  await assert.rejects(backend.loadModel(source), /factor is not a number: three/);
  await remove();
});
`;
}
