import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adaptShape, fits } from './adapt-shape.js';

test('a shape fits dimensions that are equal, or of any size', () => {
  assert.equal(fits([2, 3], [2, 3]), true);
  assert.equal(fits([2, 3], [-1, 3]), true);
  assert.equal(fits([-1], [7]), true);
  assert.equal(fits([2, 3], [3, 3]), false);
  assert.equal(fits([2, 3], [3]), false);
});

test('a tensor without a batch gets a batch of one for a model with batches', () => {
  assert.deepEqual(adaptShape({ shape: [3], batchSize: 0 }, { dims: [3], batching: true }), [1, 3]);
});

test('a tensor that already is a batch by its shape stays as it is', () => {
  const shape = [5, 3];
  assert.equal(adaptShape({ shape, batchSize: 0 }, { dims: [3], batching: true }), shape);
});

test('a batch of one loses its batch dimension for a model without batches', () => {
  assert.deepEqual(
    adaptShape({ shape: [1, 3], batchSize: 1 }, { dims: [3], batching: false }),
    [3],
  );
});

test('a batch that fits a model without batches as one tensor stays as it is', () => {
  const shape = [1, 3];
  assert.equal(adaptShape({ shape, batchSize: 1 }, { dims: [-1, 3], batching: false }), shape);
});

test('a larger batch is left to the model without batches to refuse', () => {
  const shape = [2, 3];
  assert.equal(adaptShape({ shape, batchSize: 2 }, { dims: [3], batching: false }), shape);
});

test('between two models of one kind nothing changes', () => {
  const shape = [1, 3];
  assert.equal(adaptShape({ shape, batchSize: 1 }, { dims: [4], batching: true }), shape);
  assert.equal(adaptShape({ shape, batchSize: 0 }, { dims: [3], batching: false }), shape);
});
