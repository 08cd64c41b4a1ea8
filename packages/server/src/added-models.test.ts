import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { AddedModels } from './added-models.js';

let folder: string;

const ENSEMBLE = 'platform: "ensemble"\nensemble_scheduling { step [ { model_name: "pre" } ] }';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-added-'));
  await writeFiles({
    'own/1/': '',
    'nested/inner/config.pbtxt': '',
    'nested/readme': '',
    'two/a/': '',
    'two/b/config.pbtxt': 'backend: "javascript"',
    'ensemble/whole/config.pbtxt': ENSEMBLE,
    'ensemble/pre/config.pbtxt': 'backend: "javascript"',
    'ensemble/post/1/model.onnx': '',
    'json/whole/config.json': '{"ensembleScheduling": {"step": [{"modelName": "pre"}]}}',
    'json/pre/1/model.js': '',
    'outer/inner/config.pbtxt': ENSEMBLE,
    'outer/outermost/config.pbtxt': ENSEMBLE.replace('pre', 'inner'),
    'outer/pre/1/model.js': '',
    'twins/one/config.pbtxt': ENSEMBLE,
    'twins/other/config.pbtxt': ENSEMBLE,
  });
});

after(() => rm(folder, { recursive: true }));

/** By path; one that ends with a slash is a folder. */
async function writeFiles(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(path.endsWith('/') ? file : dirname(file), { recursive: true });
    if (!path.endsWith('/')) await writeFile(file, content);
  }
}

async function addTo(models: AddedModels, name: string, path: string) {
  return await models.add(name, join(folder, path));
}

test('a folder is a model of the name it was added by', async () => {
  const models = new AddedModels();
  assert.deepEqual(await addTo(models, 'm', 'own'), ['m']);
  assert.deepEqual(await models.listModels(), ['m']);
  assert.notEqual(await models.fingerprint('m'), undefined);
  const { directory, renamed } = await models.localize('m');
  assert.deepEqual([directory, renamed], [join(folder, 'own'), true]);
  await assert.rejects(addTo(models, 'm', 'own'), { code: 'ALREADY_EXISTS' });
  models.remove('m');
  assert.deepEqual(await models.listModels(), []);
  assert.equal(await models.fingerprint('m'), undefined);
  await assert.rejects(models.localize('m'), { code: 'NOT_FOUND' });
});

test('a folder that holds a single model stands for it', async () => {
  const models = new AddedModels();
  await addTo(models, 'm', 'nested');
  assert.equal((await models.localize('m')).directory, join(folder, 'nested', 'inner'));
});

test('a folder with an ensemble and its models stands for the ensemble', async () => {
  for (const [path, whole, members] of [
    ['ensemble', 'whole', ['post', 'pre']],
    ['json', 'whole', ['pre']],
    ['outer', 'outermost', ['inner', 'pre']],
  ] as const) {
    const models = new AddedModels();
    assert.deepEqual(await addTo(models, 'm', path), ['m', ...members]);
    assert.deepEqual(await models.listModels(), ['m', ...members]);
    const ensemble = await models.localize('m');
    assert.deepEqual([ensemble.directory, ensemble.renamed], [join(folder, path, whole), true]);
    const member = await models.localize('pre');
    assert.deepEqual([member.directory, member.renamed], [join(folder, path, 'pre'), false]);
    models.remove('m');
    assert.deepEqual(await models.listModels(), []);
  }
});

test('models of an ensemble may not have the names of others', async () => {
  const models = new AddedModels();
  await addTo(models, 'm', 'ensemble');
  await assert.rejects(addTo(models, 'n', 'json'), { code: 'INVALID_ARG', message: /'pre'$/ });
  await assert.rejects(addTo(new AddedModels(), 'pre', 'json'), /'pre'$/);
  models.remove('m');
  assert.deepEqual(await addTo(models, 'n', 'json'), ['n', 'pre']);
});

test('a folder with several models or none, and one that is not there, are refused', async () => {
  const models = new AddedModels();
  await assert.rejects(
    addTo(models, 'm', 'two'),
    /must hold one model, .* it has 2 models \(a, b\)/,
  );
  await assert.rejects(addTo(models, 'm', 'twins'), /it has 2 models \(one, other\)/);
  await assert.rejects(addTo(models, 'm', 'two/a'), /it has 0 models$/);
  await assert.rejects(addTo(models, 'm', 'away'), { code: 'NOT_FOUND' });
  assert.deepEqual(await models.listModels(), []);
});
