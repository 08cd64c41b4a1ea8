import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isModelName, mattersToLoad, whyUnsafe } from './object-path.js';

test('refuses keys that lead elsewhere or that no file can have', () => {
  const unsafe = [
    '../x',
    '1/../../x',
    '..',
    './x',
    '/etc/passwd',
    'a//b',
    '1//',
    '..\\x',
    'a\0b',
    'x'.repeat(256),
    '',
  ];
  for (const path of unsafe) assert.ok(whyUnsafe(path), path);
});

test('takes keys with names that only look unusual', () => {
  for (const path of ['1/model.onnx', '..x', 'a..b/c', '1/', '.hidden', 'ü/%2e%2e', '~', 'a b']) {
    assert.equal(whyUnsafe(path), undefined, path);
  }
});

test('a model has a name that is a plain folder', () => {
  for (const name of ['', '.', '..', '.git', 'a/b', 'a\\b', 'a\0']) assert.ok(!isModelName(name));
  for (const name of ['m', 'a.b', '1', 'a b']) assert.ok(isModelName(name));
});

test('configurations and version folders matter to a load, other files do not', () => {
  for (const path of [
    'config.pbtxt',
    'config.json',
    'configs/h100.pbtxt',
    '1/m',
    '0/x',
    '12/a/b',
  ]) {
    assert.ok(mattersToLoad(path), path);
  }
  for (const path of [
    'labels.txt',
    'configs/readme',
    'configs/a/b.pbtxt',
    '01/x',
    'warmup/1',
    '1/__pycache__/m.pyc',
    '1/.cache/x',
  ]) {
    assert.ok(!mattersToLoad(path), path);
  }
});
