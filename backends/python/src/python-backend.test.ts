import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ModelConfig, NEVER_CANCELLED, systemClock } from '@nereid/core';
import {
  bytesTensor,
  describeBackend,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fakePluginContext,
  fp32Tensor,
  fp32Values,
  makeTemporaryModel,
  RecordedRequest,
} from '@nereid/testing';
import plugin from './index.js';

/** Doubles A without numpy, which the Python of the machine need not have. */
const DOUBLING = `import array

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(*request.inputs()) for request in requests]

    def answer(self, a, s):
        doubled = array.array("f", [value * 2 for value in a.values()])
        return pb_utils.InferenceResponse([
            pb_utils.Tensor.from_values("X", "FP32", a.shape(), doubled.tobytes()),
            pb_utils.Tensor.from_values("S", "BYTES", s.shape(), s.values()),
        ])
`;

const CONFIG = fakeModelConfig({
  backend: 'python',
  maxBatchSize: 8,
  input: [
    fakeInputConfig({ name: 'A', dims: [2] }),
    fakeInputConfig({ name: 'S', dataType: 'TYPE_STRING' }),
  ],
  output: [
    fakeOutputConfig({ name: 'X', dims: [2] }),
    fakeOutputConfig({ name: 'S', dataType: 'TYPE_STRING' }),
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

const TIMER = { inputEnd() {}, outputStart() {} };

describeBackend('python', {
  plugin,
  model: () => makeTemporaryModel(CONFIG, { 'model.py': DOUBLING }),
  inputs: (batchSize, seed) => [
    fp32Tensor(
      'A',
      [batchSize, 2],
      Array.from({ length: batchSize * 2 }, (_, index) => seed * 10 + index),
    ),
    bytesTensor(
      'S',
      [batchSize, 1],
      Array.from({ length: batchSize }, (_, index) => `text ${seed} ${index}`),
    ),
  ],
  outputs: ([a, s]) => {
    assert.ok(a && s);
    const doubled = fp32Values(a).map((value) => value * 2);
    return [fp32Tensor('X', a.shape, doubled), s];
  },
  missingFile: async () => ({
    model: await makeTemporaryModel({ ...CONFIG, defaultModelFilename: 'absent.py' }),
    fileName: 'absent.py',
  }),
  // A process is started on the way, and the machine may have other things to do.
  maxStallMs: 1000,
});

async function withModel(
  source: string,
  config: Partial<ModelConfig>,
  use: (started: {
    readonly execute: (request: RecordedRequest) => Promise<void>;
    readonly ready: () => boolean;
  }) => Promise<void>,
): Promise<void> {
  const { source: model, remove } = await makeTemporaryModel(
    { ...CONFIG, ...config },
    { 'model.py': source },
  );
  const backend = plugin.createBackend(fakePluginContext());
  const loaded = await backend.loadModel(model);
  const instance = await loaded.createInstance(PLACEMENT);
  try {
    await use({
      execute: async (request) => instance.execute([request], TIMER),
      ready: () => instance.ready !== false,
    });
  } finally {
    await instance.close();
    await loaded.close();
    await backend.close();
    await remove();
  }
}

function request(value = 1): RecordedRequest {
  const inputs = [fp32Tensor('A', [1, 2], [value, value]), bytesTensor('S', [1, 1], ['s'])];
  return new RecordedRequest({ inputs, signal: NEVER_CANCELLED });
}

describe('an instance of the python backend', () => {
  const dying = DOUBLING.replace(
    '    def answer(self, a, s):\n',
    '    def answer(self, a, s):\n        if a.values()[0] < 0: __import__("os")._exit(5)\n',
  );

  it('fails what a process executes as it dies, and is restarted', () =>
    withModel(dying, {}, async ({ execute, ready }) => {
      const fatal = request(-1);
      const execution = execute(fatal);
      await fatal.ended;
      assert.match(fatal.error?.message ?? '', /instance 'model_0_0' exited with code 5/);
      assert.equal(ready(), false);
      await execution;
      assert.equal(ready(), true);
      const next = request(3);
      await execute(next);
      await next.ended;
      assert.equal(next.error, undefined);
    }));

  it('leaves no child behind when the model does not initialize', async () => {
    const failing = `${DOUBLING}
    def initialize(self, args):
        raise ValueError("no")
`;
    const startMs = systemClock.wallTimeMs();
    await assert.rejects(
      withModel(failing, {}, async () => {}),
      /ValueError: no\n\nAt:\n {2}\S+model.py\(\d+\): initialize/,
    );
    assert.ok(systemClock.wallTimeMs() - startMs < 30_000);
  });

  it('drops outputs that nobody asked for', () =>
    withModel(DOUBLING, {}, async ({ execute }) => {
      const { inputs } = request().request;
      const requestedOutputs = [{ name: 'S', classificationCount: 0 }];
      const pending = new RecordedRequest({ inputs, requestedOutputs });
      await execute(pending);
      await pending.ended;
      const names = pending.responses.flatMap(({ outputs }) => outputs.map(({ name }) => name));
      assert.deepEqual(names, ['S']);
    }));
});
