import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferError, isInferError, toInferError } from './infer-error.js';

test('knows an error of another copy of the package by its brand', () => {
  const foreign = Object.assign(new Error('busy'), { code: 'UNAVAILABLE' });
  Object.defineProperty(foreign, Symbol.for('nereid.InferError'), { value: true });
  assert.equal(isInferError(foreign), true);
  assert.equal(toInferError(foreign), foreign);
});

test('does not take any object for an InferError', () => {
  for (const value of [undefined, null, 'INTERNAL', {}, new Error('INTERNAL')]) {
    assert.equal(isInferError(value), false);
  }
});

test('turns a foreign error into INTERNAL and keeps it as the cause', () => {
  const cause = new TypeError('no such thing');
  const error = toInferError(cause);
  assert.equal(error.code, 'INTERNAL');
  assert.equal(error.message, 'no such thing');
  assert.equal(error.cause, cause);
});

test('passes an InferError through', () => {
  const error = new InferError('NOT_FOUND', 'gone');
  assert.equal(toInferError(error), error);
});
