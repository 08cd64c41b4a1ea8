import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  describeRepoAgent,
  fakeModelConfig,
  fakePluginContext,
  makeTemporaryModel,
} from '@nereid/testing';
import plugin from './index.js';

let elsewhere = '';

before(async () => {
  elsewhere = await mkdtemp(join(tmpdir(), 'nereid-elsewhere-'));
});
after(() => rm(elsewhere, { recursive: true }));

async function layOut(parameters: Readonly<Record<string, string>>) {
  const files = { 'model.onnx': 'weights', 'sub/table': 'rows' };
  const { source, remove } = await makeTemporaryModel(fakeModelConfig(), files);
  await mkdir(join(source.directory, '7'));
  return { model: { ...source, parameters }, remove };
}

describeRepoAgent('relocate to a folder', {
  plugin,
  accepted: () => layOut({ path: elsewhere }),
  refused: () => layOut({ path: join(elsewhere, 'absent') }),
});

describeRepoAgent('relocate to a copy', {
  plugin,
  accepted: () => layOut({ copy_to: elsewhere }),
  refused: () => layOut({ copy_to: join(elsewhere, 'absent') }),
});

describe('the relocate agent', () => {
  const makeAgent = () => plugin.createRepoAgent(fakePluginContext());

  it('finds a relative path from the model folder', async () => {
    const { model, remove } = await layOut({ path: '../weights' });
    const folder = join(model.directory, '..', 'weights');
    await mkdir(folder);
    assert.equal(await makeAgent().load(model), folder);
    await remove();
  });

  it('copies all files, so that the copy outlives changes of the source', async () => {
    const { model, remove } = await layOut({ copy_to: elsewhere });
    const agent = makeAgent();
    const copy = await agent.load(model);
    await writeFile(join(model.directory, '1', 'model.onnx'), 'other weights');
    assert.equal(await readFile(join(copy, '1', 'model.onnx'), 'utf8'), 'weights');
    assert.equal(await readFile(join(copy, '1', 'sub', 'table'), 'utf8'), 'rows');
    assert.ok((await stat(join(copy, '7'))).isDirectory());
    await agent.loadComplete?.(model);
    await agent.unload?.(model);
    assert.ok((await stat(copy)).isDirectory());
    await agent.unloadComplete?.(model);
    assert.deepEqual(await readdir(elsewhere), []);
    await remove();
  });

  it('leaves nothing of a copy that fails', async () => {
    const { model, remove } = await layOut({ copy_to: elsewhere });
    await rm(model.directory, { recursive: true });
    await assert.rejects(makeAgent().load(model), /ENOENT/);
    assert.deepEqual(await readdir(elsewhere), []);
    await remove();
  });

  it('refuses parameters that leave open what to do', async () => {
    for (const parameters of [{}, { path: '' }, { to: '/x' }, { path: '/x', copy_to: '/y' }]) {
      const { model, remove } = await layOut(parameters);
      await assert.rejects(makeAgent().load(model), /takes one parameter, 'path' or 'copy_to'/);
      await remove();
    }
  });
});
