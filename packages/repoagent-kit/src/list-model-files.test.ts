import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { copyModelFile, listModelFiles } from './index.js';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nereid-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function put(path: string, text = ''): Promise<void> {
  const file = join(directory, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text, { mode: 0o644 });
}

describe('the list of a model’s files', () => {
  it('has files and folders at any depth, sorted, and follows links', async () => {
    await put('config.pbtxt');
    await put('1/model.onnx');
    await put('1/sub/weights');
    await mkdir(join(directory, '2'));
    await put('elsewhere/data');
    await symlink(join(directory, 'elsewhere'), join(directory, '3'));
    assert.deepEqual(await listModelFiles(directory), {
      files: ['1/model.onnx', '1/sub/weights', '3/data', 'config.pbtxt', 'elsewhere/data'],
      folders: ['1', '1/sub', '2', '3', 'elsewhere'],
    });
  });

  it('leaves out what is not part of a model', async () => {
    await put('1/__pycache__/model.pyc');
    await put('..data/model');
    await put('1/model.py');
    assert.deepEqual((await listModelFiles(directory)).files, ['1/model.py']);
  });

  it('refuses links that lead in a circle', async () => {
    await symlink(directory, join(directory, 'loop'));
    await assert.rejects(listModelFiles(directory), /folders more than 16 deep/);
  });
});

it('a copied file is its owner’s alone and does not follow its source', async () => {
  await put('source', 'before');
  await copyModelFile(join(directory, 'source'), join(directory, 'target'));
  await put('source', 'after');
  assert.equal(await readFile(join(directory, 'target'), 'utf8'), 'before');
  assert.equal((await stat(join(directory, 'target'))).mode & 0o777, 0o600);
});
