import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AddedModels } from './added-models.js';

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-added-'));
  await mkdir(join(folder, 'own', '1'), { recursive: true });
  await mkdir(join(folder, 'nested', 'inner', '1'), { recursive: true });
  await writeFile(join(folder, 'nested', 'inner', 'config.pbtxt'), '');
  await writeFile(join(folder, 'nested', 'readme'), '');
  await mkdir(join(folder, 'two', 'a'), { recursive: true });
  await mkdir(join(folder, 'two', 'b'), { recursive: true });
});

after(() => rm(folder, { recursive: true }));

test('a folder is a model of the name it was added by', async () => {
  const models = new AddedModels();
  models.add('m', join(folder, 'own'));
  assert.deepEqual(await models.listModels(), ['m']);
  assert.notEqual(await models.fingerprint('m'), undefined);
  const { directory, renamed } = await models.localize('m');
  assert.deepEqual([directory, renamed], [join(folder, 'own'), true]);
  assert.throws(() => models.add('m', folder), { code: 'ALREADY_EXISTS' });
  models.remove('m');
  assert.deepEqual(await models.listModels(), []);
  assert.equal(await models.fingerprint('m'), undefined);
  await assert.rejects(models.localize('m'), { code: 'NOT_FOUND' });
});

test('a folder that holds a single model stands for it', async () => {
  const models = new AddedModels();
  models.add('m', join(folder, 'nested'));
  assert.equal((await models.localize('m')).directory, join(folder, 'nested', 'inner'));
});

test('a folder with several models or none, and one that is not there, are refused', async () => {
  const models = new AddedModels();
  models.add('two', join(folder, 'two'));
  models.add('none', join(folder, 'two', 'a'));
  models.add('away', join(folder, 'away'));
  await assert.rejects(models.fingerprint('two'), /must hold one model, it has 2/);
  await assert.rejects(models.fingerprint('none'), /must hold one model, it has 0/);
  await assert.rejects(models.fingerprint('away'), { code: 'NOT_FOUND' });
});
