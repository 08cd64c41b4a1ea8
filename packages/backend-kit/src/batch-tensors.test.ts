import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BatchInputConfig, ModelConfig, Tensor } from '@nereid/core';
import {
  bytesTensor,
  fakeInputConfig,
  fakeModelConfig,
  fakeOutputConfig,
  fp32Tensor,
  fp32Values,
  RecordedRequest,
} from '@nereid/testing';
import { BatchTensors } from './batch-tensors.js';
import { unpackTensors } from './pack-tensors.js';

function ragged(
  kind?: BatchInputConfig['kind'],
  dataType: 'TYPE_INT32' | 'TYPE_FP32' = 'TYPE_INT32',
) {
  return fakeModelConfig({
    maxBatchSize: 8,
    input: [fakeInputConfig({ name: 'IN', dims: [-1, -1], allowRaggedBatch: true })],
    output: [fakeOutputConfig({ name: 'OUT', dims: [-1, -1] }), fakeOutputConfig({ name: 'ROWS' })],
    batchInput: kind ? [{ kind, targetName: ['MADE'], dataType, sourceInput: ['IN'] }] : [],
    batchOutput: [
      { targetName: ['OUT'], kind: 'BATCH_SCATTER_WITH_INPUT_SHAPE', sourceInput: ['IN'] },
    ],
  });
}

/** Two requests: one of 1 x 1 x 2, and one of 2 x 1 x 3 elements. */
function requests() {
  const inputs = [
    fp32Tensor('IN', [1, 1, 2], [1, 2]),
    fp32Tensor('IN', [2, 1, 3], [3, 4, 5, 6, 7, 8]),
  ];
  return inputs.map(
    (input, index) => new RecordedRequest({ inputs: [input], batchSize: index + 1 }),
  );
}

function packed(config: ModelConfig, batch = requests()): readonly Tensor[] {
  const tensors = BatchTensors.compile(config);
  assert.ok(tensors);
  return unpackTensors(tensors.pack(batch));
}

function int32Values({ data }: Tensor): readonly number[] {
  return [...new Int32Array(data.slice().buffer)];
}

describe('a ragged batch', () => {
  it('is one row of the elements of all requests', () => {
    const [input] = packed(ragged());
    assert.deepEqual(input?.shape, [8]);
    assert.deepEqual(input && fp32Values(input), [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is one row also of a single request', () => {
    const [, second] = requests();
    const [input] = packed(ragged(), second ? [second] : []);
    assert.deepEqual(input?.shape, [6]);
  });

  it('joins inputs that are not ragged by rows', () => {
    const config = ragged();
    const both = { ...config, input: [...config.input, fakeInputConfig({ name: 'PLAIN' })] };
    const batch = [1, 2].map((value) => {
      const plain = fp32Tensor('PLAIN', [1, 1], [value]);
      return new RecordedRequest({ inputs: [fp32Tensor('IN', [1, 1, 1], [0]), plain] });
    });
    const [, plain] = packed(both, batch);
    assert.deepEqual(plain?.shape, [2, 1]);
    assert.deepEqual(plain && fp32Values(plain), [1, 2]);
  });

  it('is nothing that other models know', () => {
    assert.equal(BatchTensors.compile(fakeModelConfig({ input: [fakeInputConfig()] })), undefined);
  });
});

describe('a batch input', () => {
  for (const [kind, shape, values] of [
    ['BATCH_ELEMENT_COUNT', [2], [2, 6]],
    ['BATCH_ACCUMULATED_ELEMENT_COUNT', [2], [2, 8]],
    ['BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO', [3], [0, 2, 8]],
    ['BATCH_ITEM_SHAPE', [3, 2], [1, 2, 1, 3, 1, 3]],
    ['BATCH_ITEM_SHAPE_FLATTEN', [6], [1, 2, 1, 3, 1, 3]],
  ] as const) {
    it(`of kind ${kind} tells where the elements of each request are`, () => {
      const [, made] = packed(ragged(kind));
      assert.deepEqual([made?.name, made?.datatype, made?.shape], ['MADE', 'INT32', shape]);
      assert.deepEqual(made && int32Values(made), values);
    });
  }

  it('may tell the most elements by its shape', () => {
    const [, made] = packed(ragged('BATCH_MAX_ELEMENT_COUNT_AS_SHAPE'));
    assert.deepEqual([made?.shape, made?.data.byteLength], [[6], 24]);
  });

  it('may have floating point numbers', () => {
    const [, made] = packed(ragged('BATCH_ELEMENT_COUNT', 'TYPE_FP32'));
    assert.deepEqual(made && [made.datatype, fp32Values(made)], ['FP32', [2, 6]]);
  });
});

describe('a batch output', () => {
  const none: ReadonlySet<string> = new Set();

  it('is cut into the shapes of the inputs, beside outputs that are split by rows', () => {
    const batch = requests();
    const row = fp32Tensor('OUT', [8], [8, 7, 6, 5, 4, 3, 2, 1]);
    BatchTensors.compile(ragged())?.respond(
      batch,
      [row, fp32Tensor('ROWS', [3, 1], [1, 2, 3])],
      none,
    );
    const answers = batch.map(({ responses }) =>
      responses[0]?.outputs.map((output) => [output.name, output.shape, fp32Values(output)]),
    );
    assert.deepEqual(answers, [
      [
        ['OUT', [1, 1, 2], [8, 7]],
        ['ROWS', [1, 1], [1]],
      ],
      [
        ['OUT', [2, 1, 3], [6, 5, 4, 3, 2, 1]],
        ['ROWS', [2, 1], [2, 3]],
      ],
    ]);
  });

  it('must have an element for each place', () => {
    const tensors = BatchTensors.compile(ragged());
    for (const output of [
      fp32Tensor('OUT', [7], [1, 2, 3, 4, 5, 6, 7]),
      bytesTensor('OUT', [1], ['a']),
    ]) {
      assert.throws(() => tensors?.respond(requests(), [output], none), {
        code: 'INTERNAL',
        message:
          /^failed to split the output tensor 'OUT' of shape \[\d\] in responses: one of them/,
      });
    }
  });
});
