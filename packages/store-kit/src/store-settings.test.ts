import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoreSettings } from './store-settings.js';

function parse(settings: Readonly<Record<string, string>>, mountDirectory?: string) {
  const options = { scheme: 's3', ownNames: ['endpoint'], mountDirectory };
  return parseStoreSettings(new Map(Object.entries(settings)), options);
}

test('has a value for everything', () => {
  assert.deepEqual(parse({}), {
    cacheDirectory: undefined,
    cacheSizeBytes: 2 ** 30,
    downloadConcurrency: 8,
    maxAttempts: 4,
    requestTimeoutMs: 15_000,
    fetchTimeoutMs: 3_600_000,
    own: new Map(),
  });
});

test("a cache directory comes before Triton's mount directory, and may hold more", () => {
  assert.equal(parse({ cache_directory: '/a' }, '/b').cacheDirectory, '/a');
  assert.equal(parse({}, '/b').cacheDirectory, '/b');
  assert.equal(parse({}, '').cacheDirectory, undefined);
  assert.equal(parse({}, '/b').cacheSizeBytes, 10 * 2 ** 30);
  assert.equal(parse({ cache_size: '0' }, '/b').cacheSizeBytes, 0);
});

test('keeps the settings of the store itself apart', () => {
  assert.deepEqual(
    [...parse({ endpoint: 'http://x', max_attempts: '2' }).own],
    [['endpoint', 'http://x']],
  );
});

test('refuses unknown settings and values out of range', () => {
  assert.throws(() => parse({ cache_dir: '/a' }), /s3: there is no setting 'cache_dir'/);
  for (const [name, value] of [
    ['max_attempts', '0'],
    ['download_concurrency', '65'],
    ['cache_size', '-1'],
    ['cache_size', '1e3'],
    ['request_timeout_seconds', ''],
  ] as const) {
    assert.throws(() => parse({ [name]: value }), new RegExp(`${name} must be a whole number`));
  }
});
