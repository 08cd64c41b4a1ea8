import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ConcurrencyLimit, runAll } from './concurrency-limit.js';

test('never runs more tasks than the limit, and all of them', async () => {
  const limit = new ConcurrencyLimit(3);
  let active = 0;
  let highest = 0;
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      limit.run(async () => {
        highest = Math.max(highest, ++active);
        await turn();
        active--;
        return index;
      }),
    ),
  );
  assert.equal(highest, 3);
  assert.equal(results.length, 20);
});

test('a task that fails frees its place', async () => {
  const limit = new ConcurrencyLimit(1);
  await assert.rejects(limit.run(() => Promise.reject(new Error('failed'))));
  assert.equal(await limit.run(() => Promise.resolve(1)), 1);
});

test('the first failure aborts the others, and is thrown when all have ended', async () => {
  const ended: string[] = [];
  const run = runAll(
    ['slow', 'bad', 'other'],
    new AbortController().signal,
    async (item, signal) => {
      await turn();
      if (item === 'bad') throw new Error('first');
      await turn();
      ended.push(item);
      signal.throwIfAborted();
    },
  );
  await assert.rejects(run, /first/);
  assert.deepEqual(ended, ['slow', 'other']);
});
