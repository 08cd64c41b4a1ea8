import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@nereid/core';
import { CollectingLogger, describeStore } from '@nereid/testing';
import { type Credential, NO_CREDENTIAL } from './credential-file.js';
import { cut, KindError, MemorySource, stalled } from './fixtures/memory-source.js';
import { RemoteStore, type RemoteStoreOptions } from './remote-store.js';
import { parseStoreSettings } from './store-settings.js';

function makeStore(
  source: MemorySource,
  settings: Readonly<Record<string, string>> = {},
  more: Partial<RemoteStoreOptions> = {},
) {
  const logger = new CollectingLogger();
  const options = { scheme: 'memory', ownNames: [], mountDirectory: undefined };
  const store = new RemoteStore({
    location: 'memory://models',
    settings: parseStoreSettings(new Map(Object.entries(settings)), options),
    credentials: NO_CREDENTIAL,
    clock: systemClock,
    logger,
    connect: () => Promise.resolve(source),
    ...more,
  });
  return { store, logger };
}

async function setUp(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'nereid-remote-store-'));
  const source = new MemorySource();
  const { store, logger } = makeStore(source, { cache_directory: directory, ...settings });
  t.after(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });
  return { source, store, logger, directory };
}

describeStore('a remote store', {
  async create() {
    const source = new MemorySource();
    return {
      store: makeStore(source).store,
      write: async (model, path, content) => source.write(`${model}/${path}`, content),
      remove: async (model) => source.remove(`${model}/`),
      dispose: async () => {},
    };
  },
});

test('one scan tells the fingerprints that each model has', async (t) => {
  const { source, store } = await setUp(t);
  for (const model of ['a', 'b', 'c']) {
    source.write(`${model}/config.pbtxt`, '');
    source.write(`${model}/1/x`, model);
  }
  source.write('README', 'not a model');
  source.write('.git/x', 'neither');
  const scan = await store.scan();
  assert.equal(source.listings, 1);
  assert.deepEqual([...scan.keys()].sort(), ['a', 'b', 'c']);
  for (const [name, print] of scan) assert.equal(await store.fingerprint(name), print);
});

test('fetches only the objects that changed', async (t) => {
  const { source, store } = await setUp(t);
  for (const path of ['m/config.pbtxt', 'm/1/a', 'm/1/b']) source.write(path, 'old');
  const first = await store.localize('m');
  source.write('m/1/b', 'new');
  source.reads.length = 0;
  const second = await store.localize('m');
  assert.deepEqual(source.reads, ['m/1/b']);
  assert.equal(await readFile(join(first.directory, '1/b'), 'utf8'), 'old');
  assert.equal(await readFile(join(second.directory, '1/b'), 'utf8'), 'new');
  await first.release();
  await assert.rejects(stat(first.directory));
  assert.equal(await readFile(join(second.directory, '1/a'), 'utf8'), 'old');
});

test('lists anew when an object changes while the model is fetched', async (t) => {
  const { source, store } = await setUp(t);
  source.write('m/1/a', 'first');
  source.scripted.push(() => {
    source.write('m/1/a', 'second');
    throw new KindError('changed');
  });
  const { directory } = await store.localize('m');
  assert.equal(await readFile(join(directory, '1/a'), 'utf8'), 'second');
});

test('gives up on a model that never stands still', async (t) => {
  const { source, store } = await setUp(t);
  source.write('m/1/a', 'x');
  for (let times = 0; times < 3; times++) {
    source.scripted.push(cut(source, 0, new KindError('changed')));
  }
  await assert.rejects(store.localize('m'), /cannot fetch memory:\/\/models\/m: it changed while/);
});

test('writes nothing outside of the model, whatever its keys are', async (t) => {
  const { source, store, directory } = await setUp(t);
  source.write('m/config.pbtxt', '');
  source.write('m/../../escaped', 'x');
  await assert.rejects(store.localize('m'), {
    code: 'INVALID_ARG',
    message: "the object key 'm/../../escaped' leads elsewhere",
  });
  assert.deepEqual(source.reads, []);
  await assert.rejects(stat(join(dirname(directory), 'escaped')));
});

test('asks the store for no model whose name is not one', async (t) => {
  const { source, store } = await setUp(t);
  for (const name of ['..', '../m', '', '.hidden', 'a/b']) {
    assert.equal(await store.fingerprint(name), undefined);
    await assert.rejects(store.localize(name), { code: 'NOT_FOUND' });
  }
  assert.equal(source.listings, 0);
});

test('fetches no more objects at a time than allowed, for all models together', async (t) => {
  const { source, store } = await setUp(t, { download_concurrency: '3' });
  for (let index = 0; index < 20; index++) {
    for (const model of ['a', 'b']) source.write(`${model}/1/${index}`, 'some content'.repeat(5));
  }
  await Promise.all([store.localize('a'), store.localize('b')]);
  assert.equal(source.maxActiveReads, 3);
});

test('lists no more than 16 models at a time', async (t) => {
  const { source, store } = await setUp(t);
  const names = Array.from({ length: 50 }, (_, index) => `m${index}`);
  for (const name of names) source.write(`${name}/1/x`, 'x');
  const prints = await Promise.all(names.map((name) => store.fingerprint(name)));
  assert.ok(prints.every((print) => print !== undefined));
  assert.equal(source.maxActiveListings, 16);
});

test('two loads of one model at a time fetch it once', async (t) => {
  const { source, store } = await setUp(t);
  source.write('m/1/a', 'content');
  const [first, second] = await Promise.all([store.localize('m'), store.localize('m')]);
  assert.deepEqual(source.reads, ['m/1/a']);
  assert.notEqual(first.directory, second.directory);
});

test('a later load goes on with the objects that a failed one began', async (t) => {
  const { source, store, directory } = await setUp(t, { max_attempts: '1' });
  source.write('m/1/a', 'some longer content');
  source.scripted.push(cut(source, 8, new Error('reset')));
  await assert.rejects(store.localize('m'), /cannot fetch memory:\/\/models\/m\/1\/a: reset/);
  assert.equal((await readdir(join(directory, 'partial'))).length, 1);
  const local = await store.localize('m');
  assert.deepEqual(source.reads, ['m/1/a', 'm/1/a from 8']);
  assert.equal(await readFile(join(local.directory, '1/a'), 'utf8'), 'some longer content');
  assert.deepEqual(await readdir(join(directory, 'partial')), []);
});

test('closing ends fetches and leaves no model', async (t) => {
  const { source, store, directory } = await setUp(t);
  source.write('m/1/a', 'content');
  source.scripted.push(stalled);
  const fetching = store.localize('m');
  while (source.reads.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const refused = assert.rejects(fetching, /memory:\/\/models is being closed/);
  await store.close();
  await refused;
  assert.ok(source.closed);
  assert.deepEqual(await readdir(join(directory, 'runs')), []);
  await assert.rejects(store.listModels(), /is being closed/);
});

test('connects anew when the credential changed, and only then', async () => {
  let credential: Credential = { name: '', value: 'first' };
  const seen: unknown[] = [];
  const { store } = makeStore(
    new MemorySource(),
    {},
    {
      credentials: { current: () => Promise.resolve(credential) },
      connect(given) {
        seen.push(given?.value);
        return Promise.resolve(new MemorySource());
      },
    },
  );
  await store.listModels();
  await store.listModels();
  credential = { name: '', value: 'second' };
  await store.listModels();
  assert.deepEqual(seen, ['first', 'second']);
  await store.close();
});

test('tries to connect again after it could not', async () => {
  let tries = 0;
  const { store } = makeStore(
    new MemorySource(),
    {},
    {
      connect: () =>
        ++tries === 1
          ? Promise.reject(new Error('no metadata service'))
          : Promise.resolve(new MemorySource()),
    },
  );
  await assert.rejects(
    store.listModels(),
    /cannot connect to memory:\/\/models: no metadata service/,
  );
  assert.deepEqual(await store.listModels(), []);
  await store.close();
});

test('warns once of a repository without models', async (t) => {
  const { store, logger } = await setUp(t);
  await store.listModels();
  await store.scan();
  assert.deepEqual(logger.messages('warn'), ['there are no models in memory://models']);
});
