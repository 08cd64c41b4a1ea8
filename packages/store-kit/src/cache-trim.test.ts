import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEvictions } from './cache-trim.js';

function object(path: string, usedMs: number, inUse = false) {
  return { path, usedMs, inUse, sizeBytes: 10 };
}

function evicted(limitBytes: number, objects: readonly ReturnType<typeof object>[]) {
  return chooseEvictions(objects, limitBytes).map(({ path }) => path);
}

test('what was not used for longest goes first, and no more than needed', () => {
  const objects = [object('new', 3), object('old', 1), object('middle', 2)];
  assert.deepEqual(evicted(30, objects), []);
  assert.deepEqual(evicted(29, objects), ['old']);
  assert.deepEqual(evicted(10, objects), ['old', 'middle']);
  assert.deepEqual(evicted(0, objects), ['old', 'middle', 'new']);
});

test('what models use neither counts nor goes', () => {
  assert.deepEqual(evicted(10, [object('used', 1, true), object('idle', 2)]), []);
  assert.deepEqual(evicted(0, [object('used', 1, true), object('idle', 2)]), ['idle']);
});
