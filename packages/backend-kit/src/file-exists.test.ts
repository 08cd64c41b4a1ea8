import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fileExists } from './file-exists.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

test('finds files and folders', async () => {
  assert.equal(await fileExists(fileURLToPath(import.meta.url)), true);
  assert.equal(await fileExists(HERE), true);
});

test('finds nothing where nothing is, and nothing beneath a file', async () => {
  assert.equal(await fileExists(join(HERE, 'absent')), false);
  assert.equal(await fileExists(join(fileURLToPath(import.meta.url), 'model.py')), false);
});
