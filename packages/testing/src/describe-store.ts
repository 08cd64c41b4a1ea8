import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { describe, it } from 'node:test';
import type { ModelStore } from '@nereid/core';

/** A store and the hand that changes what is in it. */
export interface StoreFixture {
  readonly store: ModelStore;
  /** Writes a file of a model, by its path in the model's folder, and so makes the model. */
  write(modelName: string, path: string, content: string): Promise<void>;
  /** Deletes a model. */
  remove(modelName: string): Promise<void>;
  /** Called after the store has closed. */
  dispose(): Promise<void>;
}

export interface StoreSubject {
  /** An empty store. */
  create(): Promise<StoreFixture>;
}

/** The contract of core's ModelStore. */
export function describeStore(name: string, subject: StoreSubject): void {
  const withStore = (test: (fixture: StoreFixture) => Promise<void>) => async () => {
    const fixture = await subject.create();
    try {
      await test(fixture);
    } finally {
      await fixture.store.close();
      await fixture.dispose();
    }
  };

  describe(`${name} keeps the contract of a model store`, () => {
    it(
      'lists its models',
      withStore(async ({ store, write }) => {
        assert.deepEqual(await store.listModels(), []);
        await write('first', 'config.pbtxt', 'name: "first"');
        await write('second', '1/model.txt', 'data');
        assert.deepEqual([...(await store.listModels())].sort(), ['first', 'second']);
      }),
    );

    it(
      'no longer lists a model that was deleted',
      withStore(async ({ store, write, remove }) => {
        await write('first', 'config.pbtxt', '');
        await remove('first');
        assert.deepEqual(await store.listModels(), []);
        assert.equal(await store.fingerprint('first'), undefined);
      }),
    );

    it('has a fingerprint that changes with the model only', withStore(checkFingerprint));

    it('tells by one scan, if it has it, what it tells of each model', withStore(checkScan));

    it('leaves a snapshot, if it makes them, as it is', withStore(checkSnapshot));

    it(
      'brings a model to the local disk as it is',
      withStore(async ({ store, write }) => {
        await write('m', 'config.pbtxt', 'name: "m"');
        await write('m', '1/model.txt', 'weights');
        const local = await store.localize('m');
        assert.ok(isAbsolute(local.directory));
        assert.deepEqual((await readdir(local.directory)).sort(), ['1', 'config.pbtxt']);
        assert.equal(await readFile(join(local.directory, '1/model.txt'), 'utf8'), 'weights');
        await local.release();
      }),
    );

    it(
      'brings a model again after it was released, as it is then',
      withStore(async ({ store, write }) => {
        await write('m', '1/model.txt', 'old');
        await (await store.localize('m')).release();
        await write('m', '1/model.txt', 'new contents');
        const local = await store.localize('m');
        assert.equal(await readFile(join(local.directory, '1/model.txt'), 'utf8'), 'new contents');
        await local.release();
      }),
    );

    it(
      'refuses to bring a model that is not there',
      withStore(async ({ store }) => {
        await assert.rejects(async () => store.localize('unknown'));
      }),
    );
  });
}

async function checkFingerprint({ store, write }: StoreFixture): Promise<void> {
  assert.equal(await store.fingerprint('m'), undefined);
  await write('m', 'config.pbtxt', 'name: "m"');
  await write('other', 'config.pbtxt', '');
  const first = await store.fingerprint('m');
  assert.equal(typeof first, 'string');
  assert.equal(await store.fingerprint('m'), first);
  await write('other', 'config.pbtxt', 'changed');
  assert.equal(await store.fingerprint('m'), first);
  await write('m', 'config.pbtxt', 'name: "m" # another length');
  const second = await store.fingerprint('m');
  assert.notEqual(second, first);
  await write('m', '1/model.txt', 'data');
  assert.notEqual(await store.fingerprint('m'), second);
}

async function checkScan({ store, write, remove }: StoreFixture): Promise<void> {
  if (!store.scan) return;
  assert.deepEqual([...(await store.scan())], []);
  for (const name of ['first', 'second', 'third']) await write(name, '1/model.txt', name);
  await remove('second');
  const scan = await store.scan();
  assert.deepEqual([...scan.keys()].sort(), ['first', 'third']);
  for (const [name, print] of scan) assert.equal(await store.fingerprint(name), print);
}

async function checkSnapshot({ store, write }: StoreFixture): Promise<void> {
  await write('m', '1/model.txt', 'old');
  const before = await store.localize('m');
  if (before.snapshot) {
    await write('m', '1/model.txt', 'new');
    const then = await store.localize('m');
    assert.equal(await readFile(join(before.directory, '1/model.txt'), 'utf8'), 'old');
    assert.equal(await readFile(join(then.directory, '1/model.txt'), 'utf8'), 'new');
    await then.release();
  }
  await before.release();
}
