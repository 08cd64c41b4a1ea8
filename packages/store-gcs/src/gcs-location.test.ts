import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGcsLocation } from './gcs-location.js';

test('reads a location with and without a path', () => {
  assert.deepEqual(parseGcsLocation('gs://b'), { bucket: 'b', prefix: '', url: 'gs://b' });
  const expected = { bucket: 'b', prefix: 'a/c/', url: 'gs://b/a/c' };
  assert.deepEqual(parseGcsLocation('gs://b/a//c/'), expected);
});

test('refuses a location without a bucket', () => {
  assert.throws(() => parseGcsLocation('gs:///'), /is gs:\/\/<bucket>\/<path>/);
});
