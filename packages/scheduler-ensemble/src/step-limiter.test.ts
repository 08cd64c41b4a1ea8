import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StepLimiter } from './step-limiter.js';

test('as many as the limit allows start at once, the others in turn', () => {
  const limiter = new StepLimiter(2);
  const started: number[] = [];
  const results = [1, 2, 3, 4].map((id) => limiter.run(() => started.push(id)));
  assert.deepEqual(results, [true, true, false, false]);
  assert.deepEqual(started, [1, 2]);
  limiter.release();
  assert.deepEqual(started, [1, 2, 3]);
  limiter.release();
  assert.deepEqual(started, [1, 2, 3, 4]);
});

test('what is withdrawn never starts, and takes no place', () => {
  const limiter = new StepLimiter(1);
  const started: string[] = [];
  const second = () => started.push('second');
  limiter.run(() => started.push('first'));
  limiter.run(second);
  limiter.run(() => started.push('third'));
  assert.equal(limiter.withdraw(second), true);
  assert.equal(limiter.withdraw(second), false);
  limiter.release();
  assert.deepEqual(started, ['first', 'third']);
});

test('a long line of steps that end at once does not pile up on the stack', () => {
  const limiter = new StepLimiter(1);
  let count = 0;
  limiter.run(() => {});
  for (let index = 0; index < 100_000; index += 1) {
    limiter.run(() => {
      count += 1;
      limiter.release();
    });
  }
  limiter.release();
  assert.equal(count, 100_000);
});
