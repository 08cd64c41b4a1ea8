import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  completeFromSignature,
  emptyConfig,
  type ModelSignature,
  normalizeConfig,
  parseConfigText,
  validateConfig,
} from './index.js';

function tensor(name: string, ...shape: number[]) {
  return { name, datatype: 'FP32', shape } as const;
}

const BATCHED: ModelSignature = {
  inputs: [{ name: 'I', datatype: 'BYTES', shape: [-1, 2, -1] }],
  outputs: [tensor('O', -1)],
};

const FIXED: ModelSignature = { inputs: [tensor('I', 2, 3)], outputs: [tensor('O')] };

function complete(text: string, signature: ModelSignature, defaultMaxBatchSize = 4) {
  const config = { ...parseConfigText(text, 'config.pbtxt'), name: 'm' };
  return completeFromSignature(config, signature, { defaultMaxBatchSize });
}

describe('completeFromSignature', () => {
  test('lists tensors without the batch dimension and adds dynamic batching', () => {
    const config = complete('', BATCHED);
    assert.equal(config.maxBatchSize, 4);
    assert.deepEqual(config.dynamicBatching?.preferredBatchSize, []);
    assert.equal(config.input[0]?.dataType, 'TYPE_STRING');
    assert.deepEqual(config.input[0]?.dims, [2, -1]);
    assert.equal(config.input[0]?.reshape, undefined);
  });

  test('writes a scalar as one element, with a reshape where there is batching', () => {
    assert.deepEqual(complete('', BATCHED).output[0]?.dims, [1]);
    assert.deepEqual(complete('', BATCHED).output[0]?.reshape, { shape: [] });
    assert.deepEqual(complete('', FIXED).output[0]?.dims, [1]);
    assert.equal(complete('', FIXED).output[0]?.reshape, undefined);
  });

  test('makes a configuration that is valid', () => {
    for (const signature of [BATCHED, FIXED]) {
      const named = { ...complete('', signature), backend: 'javascript' };
      validateConfig(normalizeConfig(named, { defaultInstanceCount: 1 }));
    }
  });

  test('keeps a written batch size', () => {
    assert.equal(complete('max_batch_size: 9', BATCHED).maxBatchSize, 9);
  });

  test('takes the default batch size of the backend, below which nothing batches', () => {
    const one = complete('', BATCHED, 1);
    assert.deepEqual([one.maxBatchSize, one.dynamicBatching], [1, undefined]);
    const none = complete('', BATCHED, 0);
    assert.deepEqual([none.maxBatchSize, none.input[0]?.dims], [0, [-1, 2, -1]]);
    assert.equal(complete('', BATCHED, -3).maxBatchSize, 0);
  });

  test('adds no dynamic batching beside a written scheduler', () => {
    assert.equal(complete('sequence_batching {}', BATCHED).dynamicBatching, undefined);
    const written = complete('dynamic_batching { preserve_ordering: true }', BATCHED);
    assert.equal(written.dynamicBatching?.preserveOrdering, true);
  });

  test('leaves a configuration with inputs and outputs alone', () => {
    const text = 'input { name: "A" } output { name: "B" }';
    assert.deepEqual(complete(text, BATCHED), {
      ...parseConfigText(text, 'config.pbtxt'),
      name: 'm',
    });
    assert.equal(complete('max_batch_size: 3 input {} output {}', FIXED).maxBatchSize, 3);
  });

  test('adds only the list that is missing', () => {
    const config = complete('input { name: "A" }', BATCHED);
    assert.deepEqual(
      config.input.map(({ name }) => name),
      ['A'],
    );
    assert.deepEqual(
      config.output.map(({ name }) => name),
      ['O'],
    );
    assert.equal(config.maxBatchSize, 4);
  });

  test('counts batch inputs as inputs', () => {
    const config = complete('batch_input { target_name: "I" }', BATCHED);
    assert.deepEqual(config.input, []);
    assert.deepEqual(
      config.output.map(({ name }) => name),
      ['O'],
    );
  });

  test('leaves out the tensors of the sequence batcher', () => {
    const signature = {
      inputs: [tensor('X', -1, 1), tensor('START', -1, 1), tensor('SI', -1, 1)],
      outputs: [tensor('SO', -1, 1), tensor('Y', -1, 1)],
    };
    const text =
      'sequence_batching { control_input { name: "START" } ' +
      'state { input_name: "SI" output_name: "SO" } }';
    const config = complete(text, signature);
    assert.deepEqual(
      config.input.map(({ name }) => name),
      ['X'],
    );
    assert.deepEqual(
      config.output.map(({ name }) => name),
      ['Y'],
    );
  });

  test('refuses a batch size for a model of which one tensor has a fixed first dimension', () => {
    const signature = { inputs: BATCHED.inputs, outputs: [tensor('O', 1, 4)] };
    assert.throws(() => complete('max_batch_size: 2', signature), {
      code: 'INVALID_ARG',
      message:
        "autofill failed for model 'm': model does not support batching while non-zero " +
        'max_batch_size is specified',
    });
    assert.equal(complete('', signature).maxBatchSize, 0);
  });

  test('does not change its argument', () => {
    const config = Object.freeze(emptyConfig('m'));
    completeFromSignature(config, BATCHED, { defaultMaxBatchSize: 4 });
    assert.deepEqual(config, emptyConfig('m'));
  });
});
