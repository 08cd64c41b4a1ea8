import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CollectingLogger } from '@nereid/testing';
import { PrivateFolders } from './index.js';

let parent = '';
let logger = new CollectingLogger();

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nereid-test-'));
  logger = new CollectingLogger();
});
afterEach(() => rm(parent, { recursive: true }));

const makeFolders = (purpose = 'test') => new PrivateFolders({ purpose, parent, logger });
const rootNames = () => readdir(parent);

describe('private folders', () => {
  it('belong to their owner alone', async () => {
    const folders = makeFolders();
    const folder = await folders.make();
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    const [root = ''] = await rootNames();
    assert.match(root, /^nereid-test-/);
    assert.equal((await stat(join(parent, root))).mode & 0o777, 0o700);
    await folders.remove(folder);
  });

  it('go one by one, and with the last the root', async () => {
    const folders = makeFolders();
    const [one, two] = await Promise.all([folders.make(), folders.make()]);
    await writeFile(join(one, 'secret'), 'x');
    await folders.remove(one);
    await assert.rejects(stat(one), { code: 'ENOENT' });
    assert.ok((await stat(two)).isDirectory());
    await folders.remove(two);
    assert.deepEqual(await rootNames(), []);
    const three = await folders.make();
    assert.ok((await stat(three)).isDirectory());
    await folders.remove(three);
    await folders.remove(three);
    assert.deepEqual(await rootNames(), []);
  });

  it('of a process that lives are left alone by others', async () => {
    const folders = makeFolders();
    const folder = await folders.make();
    const others = makeFolders();
    await others.remove(await others.make());
    assert.ok((await stat(folder)).isDirectory());
    await folders.remove(folder);
  });

  it('of a process that was killed are removed by the next one', async () => {
    const left = await startOther();
    left.child.kill('SIGKILL');
    await once(left.child, 'exit');
    assert.ok((await stat(join(left.folder, 'secret'))).isFile());

    const folders = makeFolders();
    const folder = await folders.make();
    await assert.rejects(stat(left.folder), { code: 'ENOENT' });
    assert.equal((await rootNames()).length, 1);
    assert.match(logger.messages('warn').join(), /which a server that was killed had left/);
    await folders.remove(folder);
  });

  it('of a process that exits without removing them go with it', async () => {
    const left = await startOther();
    left.child.stdin.end();
    assert.deepEqual(await once(left.child, 'exit'), [0, null]);
    assert.deepEqual(await rootNames(), []);
  });

  it('are not removed when they are links, of other kinds, or just made', async () => {
    await mkdir(join(parent, 'precious'));
    await symlink(join(parent, 'precious'), join(parent, 'nereid-test-link'));
    await writeFile(join(parent, 'nereid-test-file'), '');
    await mkdir(join(parent, 'nereid-test-new'));
    await mkdir(join(parent, 'nereid-other-old'));
    await utimes(join(parent, 'nereid-other-old'), 0, 0);
    await makeFolders().sweep();
    assert.deepEqual((await rootNames()).sort(), [
      'nereid-other-old',
      'nereid-test-file',
      'nereid-test-link',
      'nereid-test-new',
      'precious',
    ]);
  });

  it('are refused with the reason where they cannot be', async () => {
    const missing = new PrivateFolders({ purpose: 'test', parent: join(parent, 'no'), logger });
    await assert.rejects(missing.make(), /cannot make a private folder in .*no: ENOENT/);
    const deep = join(parent, 'x'.repeat(100));
    await mkdir(deep);
    const long = new PrivateFolders({ purpose: 'test', parent: deep, logger });
    await assert.rejects(long.make(), /too long for a socket/);
    assert.deepEqual(await readdir(deep), []);
  });
});

/** Another process that holds a private folder until its input ends. */
async function startOther() {
  const script = `
    import { writeFile } from 'node:fs/promises';
    import { PrivateFolders } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
    const logger = { warn: (text) => process.stderr.write(text) };
    const parent = ${JSON.stringify(parent)};
    const folders = new PrivateFolders({ purpose: 'test', parent, logger });
    const folder = await folders.make();
    await writeFile(folder + '/secret', 'x');
    process.stdout.write(folder);
    process.stdin.resume().on('end', () => process.exit(0));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [folder] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, folder: String(folder) };
}
