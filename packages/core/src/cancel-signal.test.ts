import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CancelSource } from './cancel-signal.js';

test('calls each listener once', () => {
  const source = new CancelSource();
  let calls = 0;
  source.onCancel(() => {
    calls += 1;
  });
  assert.equal(source.cancelled, false);
  source.cancel();
  source.cancel();
  assert.equal(source.cancelled, true);
  assert.equal(calls, 1);
});

test('calls a late listener at once', () => {
  const source = new CancelSource();
  source.cancel();
  let called = false;
  source.onCancel(() => {
    called = true;
  });
  assert.equal(called, true);
});

test('forgets a listener that was taken back', () => {
  const source = new CancelSource();
  const takeBack = source.onCancel(() => assert.fail('called'));
  takeBack();
  source.cancel();
});
