import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CollectingLogger, describeStore } from '@nereid/testing';
import { FileSystemStore } from './file-system-store.js';

async function put(root: string, path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

describeStore('FileSystemStore', {
  async create() {
    const root = await mkdtemp(join(tmpdir(), 'nereid-store-'));
    return {
      store: new FileSystemStore(root),
      write: (model, path, content) => put(root, join(model, path), content),
      remove: (model) => rm(join(root, model), { recursive: true }),
      dispose: () => rm(root, { recursive: true }),
    };
  },
});

describe('FileSystemStore', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'nereid-store-'));
  });

  afterEach(() => rm(root, { recursive: true, force: true }));

  it('lists folders and links to folders, and neither files nor hidden folders', async () => {
    await put(root, 'plain/config.pbtxt');
    await put(root, '.git/config');
    await put(root, 'README.md');
    await symlink(join(root, 'plain'), join(root, 'linked'));
    const names = await new FileSystemStore(root).listModels();
    assert.deepEqual([...names].sort(), ['linked', 'plain']);
  });

  it('skips a broken link and says so once', async () => {
    await symlink(join(root, 'nowhere'), join(root, 'broken'));
    const logger = new CollectingLogger();
    const store = new FileSystemStore(root, logger);
    assert.deepEqual(await store.listModels(), []);
    assert.deepEqual(await store.listModels(), []);
    assert.equal(logger.messages('warn').length, 1);
    assert.match(logger.messages('warn')[0] ?? '', /broken/);
  });

  it('names the repository that is not there', async () => {
    const store = new FileSystemStore(join(root, 'missing'));
    await assert.rejects(store.listModels(), /model repository '.*missing' cannot be read: ENOENT/);
  });

  it('does not let a model name lead out of the repository', async () => {
    await put(root, 'inner/m/config.pbtxt');
    const store = new FileSystemStore(join(root, 'inner'));
    for (const name of ['..', '.', '', '../inner/m', 'm/1', 'm\0']) {
      assert.equal(await store.fingerprint(name), undefined, name);
      await assert.rejects(store.localize(name), /there is no model/, name);
    }
    assert.notEqual(await store.fingerprint('m'), undefined);
  });

  it('sees each kind of change that a load would see', async () => {
    const store = new FileSystemStore(root);
    await put(root, 'm/config.pbtxt', 'name: "m"');
    await put(root, 'm/1/model.onnx', 'weights');
    const seen = new Set([await store.fingerprint('m')]);
    const changes = [
      () => put(root, 'm/config.pbtxt', 'name: "n"'),
      () => put(root, 'm/configs/gpu.pbtxt'),
      () => put(root, 'm/config.json', '{}'),
      () => utimes(join(root, 'm/1/model.onnx'), 1, 1),
      () => put(root, 'm/1/deep/er/data'),
      () => mkdir(join(root, 'm/2')),
      () => rm(join(root, 'm/1/deep'), { recursive: true }),
    ];
    for (const [index, change] of changes.entries()) {
      await change();
      seen.add(await store.fingerprint('m'));
      assert.equal(seen.size, index + 2, `change ${index}`);
    }
  });

  it('does not take what running a model leaves behind for a change', async () => {
    const store = new FileSystemStore(root);
    await put(root, 'm/1/model.py', 'code');
    const before = await store.fingerprint('m');
    await put(root, 'm/1/__pycache__/model.cpython-311.pyc', 'compiled');
    await put(root, 'm/1/.model.py.swp');
    await put(root, 'm/notes.txt');
    assert.equal(await store.fingerprint('m'), before);
  });

  it('survives links that go in circles', async () => {
    await put(root, 'm/1/model.py');
    await symlink(join(root, 'm/1'), join(root, 'm/1/self'));
    assert.equal(typeof (await new FileSystemStore(root).fingerprint('m')), 'string');
  });
});
