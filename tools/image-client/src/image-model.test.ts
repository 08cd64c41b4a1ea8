import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageModelOf } from './image-model.js';
import type { ModelDescription } from './inference-client.js';

function description(
  shape: readonly number[],
  overrides: Partial<ModelDescription> = {},
): ModelDescription {
  return {
    inputs: [{ name: 'image', datatype: 'FP32', shape }],
    outputs: [{ name: 'logits', datatype: 'FP32', shape: [-1, 1000] }],
    maxBatchSize: 8,
    inputFormat: 'FORMAT_NONE',
    ...overrides,
  };
}

test('tells the layout from the dimension that can be channels', () => {
  const first = imageModelOf('m', description([-1, 3, 224, 192]));
  assert.deepEqual([first.layout, first.height, first.width], ['NCHW', 224, 192]);
  const last = imageModelOf('m', description([-1, 224, 192, 3]));
  assert.deepEqual([last.layout, last.height, last.width], ['NHWC', 224, 192]);
});

test('believes a configured format', () => {
  const model = imageModelOf('m', description([-1, 3, 7, 3], { inputFormat: 'FORMAT_NHWC' }));
  assert.deepEqual([model.layout, model.height, model.width], ['NHWC', 3, 7]);
});

test('uses 224 for a side that is left open, and says so', () => {
  const model = imageModelOf('m', description([-1, 1, -1, -1]));
  assert.deepEqual([model.channels, model.height, model.width], [1, 224, 224]);
  assert.equal(model.notes.length, 1);
});

test('takes the batch size of a model without max_batch_size from its shape', () => {
  const fixed = imageModelOf('m', description([1, 3, 224, 224], { maxBatchSize: 0 }));
  assert.deepEqual([fixed.batched, fixed.maxBatchSize], [true, 1]);
  const open = imageModelOf('m', description([-1, 3, 224, 224], { maxBatchSize: 0 }));
  assert.equal(open.maxBatchSize, Number.POSITIVE_INFINITY);
  const outputs = [{ name: 'logits', datatype: 'FP32', shape: [1000] }];
  const single = imageModelOf('m', description([3, 224, 224], { maxBatchSize: 0, outputs }));
  assert.deepEqual([single.batched, single.maxBatchSize], [false, 1]);
});

const image = { name: 'image', datatype: 'FP32', shape: [-1, 3, 224, 224] };
const REFUSED: readonly (readonly [string, ModelDescription, RegExp])[] = [
  ['two inputs', description([], { inputs: [image, image] }), /expecting 1 input, .* has 2/],
  ['no output', description(image.shape, { outputs: [] }), /expecting 1 output, .* has 0/],
  ['an input of two dimensions', description([-1, 16, 16]), /3 dimensions/],
  ['four channels', description([-1, 4, 224, 224]), /4 channels/],
  ['strings', description([], { inputs: [{ ...image, datatype: 'BYTES' }] }), /BYTES/],
  ['an unknown format', description(image.shape, { inputFormat: 'FORMAT_X' }), /FORMAT_X/],
  [
    'an output that is no vector',
    description(image.shape, { outputs: [{ ...image, shape: [-1, 10, 10] }] }),
    /vector/,
  ],
  [
    'whole-numbered scores',
    description(image.shape, { outputs: [{ ...image, datatype: 'INT32' }] }),
    /FP32/,
  ],
];

for (const [what, model, message] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(() => imageModelOf('m', model), message);
  });
}
