import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelFingerprint, modelListing } from './model-listing.js';
import type { RemoteObject } from './object-source.js';

function object(path: string, version = 'v', sizeBytes = 1): RemoteObject {
  return { path, version, sizeBytes, modifiedMs: 0 };
}

test('makes files and folders of objects, markers and parents included', () => {
  const listing = modelListing('m', [
    object('m/'),
    object('m/1/a/b'),
    object('m/2/'),
    object('m/c'),
  ]);
  assert.deepEqual(
    listing.files.map(({ path }) => path),
    ['1/a/b', 'c'],
  );
  assert.deepEqual(listing.folders, ['1', '1/a', '2']);
});

test('refuses a key that leads out of the model', () => {
  for (const path of ['m/../x', 'm/1/../../../etc/x', 'm//x', 'm/1/..']) {
    assert.throws(() => modelListing('m', [object(path)]), { code: 'INVALID_ARG' }, path);
  }
});

test('refuses a key that is both an object and a folder', () => {
  for (const paths of [
    ['m/1', 'm/1/x'],
    ['m/1/x', 'm/1'],
    ['m/1/', 'm/1'],
  ]) {
    assert.throws(
      () =>
        modelListing(
          'm',
          paths.map((path) => object(path)),
        ),
      /both an object and/,
    );
  }
});

function digest(...objects: readonly (readonly [string, string?, number?])[]): string {
  const print = new ModelFingerprint();
  for (const [path, version, size] of objects) print.add(path, object(path, version, size));
  return print.digest();
}

test('a fingerprint does not depend on the order of the listing', () => {
  assert.equal(digest(['config.pbtxt'], ['1/x']), digest(['1/x'], ['config.pbtxt']));
});

test('a fingerprint changes with versions, sizes and names of what matters', () => {
  const before = digest(['1/x', 'a', 1]);
  assert.notEqual(digest(['1/x', 'b', 1]), before);
  assert.notEqual(digest(['1/x', 'a', 2]), before);
  assert.notEqual(digest(['1/y', 'a', 1]), before);
  assert.notEqual(digest(['1/x', 'a', 1], ['1/z']), before);
  assert.equal(digest(['1/x', 'a', 1], ['labels.txt', 'any']), before);
});
