import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInferError, type ModelConfig } from '@nereid/core';
import {
  bytesTensor,
  describeBackend,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fakePluginContext,
  fp32Tensor,
  makeTemporaryModel,
  RecordedRequest,
} from '@nereid/testing';
import plugin from './index.js';

const CONFIG = fakeModelConfig({
  maxBatchSize: 8,
  input: [fakeInputConfig({ name: 'A' }), fakeInputConfig({ name: 'B', dataType: 'TYPE_STRING' })],
  output: [
    fakeOutputConfig({ name: 'X' }),
    fakeOutputConfig({ name: 'Y', dataType: 'TYPE_STRING' }),
  ],
});

const PLACEMENT = {
  name: 'model_0_0',
  kind: 'CPU',
  deviceId: 0,
  threadCount: 1,
  profiles: [],
  hostPolicy: '',
} as const;

describeBackend('identity', {
  plugin,
  model: () => makeTemporaryModel(CONFIG),
  inputs: (batchSize, seed) => [
    fp32Tensor('A', [batchSize, 1], new Array(batchSize).fill(seed)),
    bytesTensor('B', [batchSize, 1], new Array(batchSize).fill(`text ${seed}`)),
  ],
  outputs: (inputs) => inputs.map((input) => ({ ...input, name: input.name === 'A' ? 'X' : 'Y' })),
});

describe('identity backend', () => {
  it('pairs inputs and outputs by their place in the configuration', async () => {
    const instance = await createInstance(CONFIG);
    const inputs = [bytesTensor('B', [1, 1], ['b']), fp32Tensor('A', [1, 1], [1])];
    const pending = new RecordedRequest({ inputs });
    await instance.execute([pending], { inputEnd() {}, outputStart() {} });
    assert.deepEqual(
      pending.responses[0]?.outputs.map(({ name, datatype }) => [name, datatype]),
      [
        ['Y', 'BYTES'],
        ['X', 'FP32'],
      ],
    );
  });

  it('does not copy', async () => {
    const instance = await createInstance(CONFIG);
    const input = fp32Tensor('A', [1, 1], [1]);
    const pending = new RecordedRequest({ inputs: [input] });
    await instance.execute([pending], { inputEnd() {}, outputStart() {} });
    assert.equal(pending.responses[0]?.outputs[0]?.data, input.data);
  });

  it('takes as long as execute_delay_ms says', async () => {
    const parameters = { execute_delay_ms: { stringValue: '30' } };
    const instance = await createInstance({ ...CONFIG, parameters });
    const started = performance.now();
    await instance.execute([new RecordedRequest()], { inputEnd() {}, outputStart() {} });
    assert.ok(performance.now() - started >= 29);
  });

  it('refuses a delay that is not a number', async () => {
    const parameters = { execute_delay_ms: { stringValue: '-1' } };
    await assert.rejects(
      createInstance({ ...CONFIG, parameters }),
      /execute_delay_ms is not a num/,
    );
  });

  it('refuses a configuration whose outputs do not match its inputs', async () => {
    const isInvalid = (error: unknown) => isInferError(error) && error.code === 'INVALID_ARG';
    await assert.rejects(createInstance({ ...CONFIG, output: [] }), isInvalid);
    const output = [fakeOutputConfig({ name: 'X' }), fakeOutputConfig({ name: 'Y' })];
    await assert.rejects(createInstance({ ...CONFIG, output }), isInvalid);
  });
});

async function createInstance(config: ModelConfig) {
  const backend = plugin.createBackend(fakePluginContext());
  const source = { name: 'model', version: 1, config, directory: '', versionDirectory: '' };
  return (await backend.loadModel(source)).createInstance(PLACEMENT);
}
