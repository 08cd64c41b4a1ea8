import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheName, planFetch } from './fetch-plan.js';

const FILES = [
  { path: 'a', object: { path: 'm/a', version: '1', sizeBytes: 5, modifiedMs: 0 } },
  { path: 'b', object: { path: 'm/b', version: '1', sizeBytes: 50, modifiedMs: 0 } },
  { path: 'c', object: { path: 'm/c', version: '1', sizeBytes: 7, modifiedMs: 0 } },
];

test('fetches what is not cached, the largest first', () => {
  const plan = planFetch({ files: FILES, folders: [] }, ({ path }) => path === 'm/c');
  assert.deepEqual(
    plan.fetch.map(({ path }) => path),
    ['b', 'a'],
  );
  assert.deepEqual(
    plan.reuse.map(({ path }) => path),
    ['c'],
  );
  assert.equal(plan.fetchBytes, 55);
});

test('a name in the cache stands for one place, one path and one state', () => {
  const object = { path: 'm/a', version: '1', sizeBytes: 5, modifiedMs: 0 };
  const names = [
    cacheName('here', object),
    cacheName('there', object),
    cacheName('here', { ...object, path: 'm/b' }),
    cacheName('here', { ...object, version: '2' }),
    cacheName('here', { ...object, sizeBytes: 6 }),
  ];
  assert.equal(new Set(names).size, names.length);
  assert.equal(cacheName('here', { ...object, modifiedMs: 9 }), names[0]);
});
