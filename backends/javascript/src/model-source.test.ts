import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fakeModelConfig, makeTemporaryModel } from '@nereid/testing';
import { initialize, load } from './import-hooks.js';
import { loadModelSource } from './model-source.js';

const FILES = {
  'model.js': 'export const a = 1;',
  'typed.ts': 'export const b: number = 2;',
  'typed.mts': 'export const c = 3 as const;',
  'data.json': '{}',
  'node_modules/dependency/index.js': 'module.exports = 1;',
};

async function withFiles(test: (root: string, url: (name: string) => string) => Promise<void>) {
  const { source, remove } = await makeTemporaryModel(fakeModelConfig(), FILES);
  const url = (name: string) => pathToFileURL(join(source.versionDirectory, name)).href;
  await test(url(''), url).finally(remove);
}

describe('loadModelSource', () => {
  it('reads the files of a model as ES modules, and takes their types away', () =>
    withFiles(async (root, url) => {
      const sources = ['model.js', 'typed.ts', 'typed.mts'].map((name) =>
        loadModelSource(url(name), `${root}/`),
      );
      assert.deepEqual(
        sources.map((loaded) => [loaded?.format, loaded?.source.replaceAll(/ +/g, ' ')]),
        [
          ['module', 'export const a = 1;'],
          ['module', 'export const b = 2;'],
          ['module', 'export const c = 3 ;'],
        ],
      );
    }));

  it('leaves packages, other kinds of files and other folders to Node', () =>
    withFiles(async (root, url) => {
      for (const name of ['node_modules/dependency/index.js', 'data.json', '../model.js']) {
        assert.equal(loadModelSource(url(name), `${root}/`), undefined);
      }
      assert.equal(loadModelSource('node:fs', `${root}/`), undefined);
    }));
});

describe('the import hook of Node 20', () => {
  it('reads what lies in a folder it was told, and passes everything else on', () =>
    withFiles(async (root, url) => {
      const context = {
        conditions: [],
        format: undefined,
        importAttributes: {},
        importAssertions: {},
      };
      const next = async () => ({ format: 'json', source: 'next', shortCircuit: true }) as const;
      const sourceOf = async (name: string) => (await load(url(name), context, next)).source;
      assert.equal(await sourceOf('model.js'), 'next');
      await initialize({ root: `${root}/` });
      assert.equal(await sourceOf('model.js'), FILES['model.js']);
      assert.equal(await sourceOf('data.json'), 'next');
    }));
});
