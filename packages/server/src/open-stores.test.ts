import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { discoverPlugins, PluginCatalog } from '@nereid/core';
import { fakePluginContext } from '@nereid/testing';
import { UsageError } from './flags/parse-flags.js';
import { openStores } from './open-stores.js';

/** Remembers what it was given; a location with `bad` in it is refused. */
const PLUGIN = `import { InferError } from '${import.meta.resolve('@nereid/core')}';
export default {
  createStore(location, { settings }) {
    if (location.includes('bad')) throw new InferError('INVALID_ARG', 'no such location');
    return { location, settings: Object.fromEntries(settings) };
  },
};
`;

test('names the package that brings a store which is missing', async () => {
  const open = (location: string) =>
    openStores({ modelRepository: [location], storeConfig: {} }, new PluginCatalog([]), () =>
      fakePluginContext(),
    );
  for (const [location, remedy] of [
    ['s3://b/p', 'npm install @nereid/store-s3'],
    ['gs://b/p', 'npm install @nereid/store-gcs'],
    ['as://a/c', 'npm install @nereid/store-azure'],
  ] as const) {
    await assert.rejects(async () => open(location), {
      message: new RegExp(`${location}: no store plugin knows .*; install it with: ${remedy}$`),
    });
  }
  await assert.rejects(async () => open('ftp://x'), /knows ftp:\/\/; there is none$/);
});

test('a store gets the settings for all schemes and for its own, which come first', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-open-stores-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'store'));
  const manifest = { name: 'store', version: '1.0.0', type: 'module' };
  const nereid = { apiVersion: 1, stores: { mem: './store.js' } };
  await writeFile(join(folder, 'store/package.json'), JSON.stringify({ ...manifest, nereid }));
  await writeFile(join(folder, 'store/store.js'), PLUGIN);
  const catalog = await discoverPlugins({ packages: [], pluginDirectories: [folder] });
  const open = (location: string) =>
    openStores(
      {
        modelRepository: [location],
        storeConfig: { '': { a: 'all', b: 'all' }, mem: { b: 'own' }, other: { c: 'x' } },
      },
      catalog,
      (_scheme, settings) => fakePluginContext({ settings }),
    );
  const [store] = await open('mem://x');
  assert.deepEqual(store, { location: 'mem://x', settings: { a: 'all', b: 'own' } });
  await assert.rejects(
    async () => open('mem://bad'),
    (error) => error instanceof UsageError && error.message === 'no such location',
  );
});
