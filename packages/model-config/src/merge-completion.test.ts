import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeCompletion, parseConfigText } from './index.js';

const config = (text: string) => parseConfigText(text, 'config.pbtxt');

const COMPLETED = config(`
  name: "other" backend: "onnxruntime" max_batch_size: 4 default_model_filename: "x.py"
  input [ { name: "I" data_type: TYPE_FP32 dims: [ 2 ] } ]
  output [ { name: "O" data_type: TYPE_FP32 dims: [ 2 ] } ]
  instance_group [ { count: 7 } ] dynamic_batching { preferred_batch_size: [ 4 ] }
  parameters { key: "a" value { string_value: "b" } }
`);

test('takes over tensors, batch size and scheduler, and nothing else', () => {
  const merged = mergeCompletion(config('name: "m" backend: "python"'), COMPLETED);
  const { maxBatchSize, input, output, dynamicBatching, ...rest } = merged;
  assert.equal(maxBatchSize, 4);
  assert.deepEqual(
    [...input, ...output].map(({ name }) => name),
    ['I', 'O'],
  );
  assert.deepEqual(dynamicBatching?.preferredBatchSize, [4]);
  assert.deepEqual([rest.name, rest.backend, rest.defaultModelFilename], ['m', 'python', '']);
  assert.deepEqual([rest.instanceGroup, rest.parameters], [[], {}]);
});

test('keeps a scheduler and a transaction policy that are written', () => {
  const written = config('sequence_batching { } model_transaction_policy { decoupled: true }');
  const merged = mergeCompletion(written, COMPLETED);
  assert.equal(merged.dynamicBatching, undefined);
  assert.ok(merged.sequenceBatching);
  assert.deepEqual(merged.modelTransactionPolicy, { decoupled: true });
});
