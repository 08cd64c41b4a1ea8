import assert from 'node:assert/strict';
import { cp, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { fakeModelConfig, makeTemporaryModel, type TemporaryModel } from '@nereid/testing';
import { ModelIdentities } from './model-identities.js';

describe('ModelIdentities', () => {
  const made: TemporaryModel[] = [];
  const makeModel = async () => {
    const model = await makeTemporaryModel(fakeModelConfig(), { 'model.js': 'one' });
    await utimes(join(model.source.versionDirectory, 'model.js'), 1000, 1000);
    made.push(model);
    return { ...model.source, namespace: '' };
  };
  after(() => Promise.all(made.map(({ remove }) => remove())));

  let source: Awaited<ReturnType<typeof makeModel>>;
  beforeEach(async () => {
    source = await makeModel();
  });

  it('give the first load of the same files one name in every server', async () => {
    const copy = await makeModel();
    await cp(source.directory, copy.directory, { recursive: true, preserveTimestamps: true });
    assert.equal(
      await new ModelIdentities().nameLoad(source),
      await new ModelIdentities().nameLoad(copy),
    );
  });

  it('give another name to each load in one server', async () => {
    const identities = new ModelIdentities();
    const names = new Set<string>();
    for (let count = 0; count < 3; count += 1) names.add(await identities.nameLoad(source));
    assert.equal(names.size, 3);
  });

  it('tell models, versions, configurations, namespaces and files apart', async () => {
    const nameOf = (change: Partial<typeof source>) =>
      new ModelIdentities().nameLoad({ ...source, ...change });
    const names = new Set([
      await nameOf({}),
      await nameOf({ name: 'other' }),
      await nameOf({ version: 2 }),
      await nameOf({ namespace: '/models' }),
      await nameOf({ config: fakeModelConfig({ maxBatchSize: 99 }) }),
    ]);
    await writeFile(join(source.directory, 'labels.txt'), 'cat');
    names.add(await nameOf({}));
    await writeFile(join(source.versionDirectory, 'model.js'), 'two');
    names.add(await nameOf({}));
    assert.equal(names.size, 7);
  });
});
