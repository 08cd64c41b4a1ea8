import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger, systemClock } from '@nereid/core';
import { ObjectCache } from './object-cache.js';

async function setUp(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'nereid-cache-test-'));
  t.after(() => rm(directory, { recursive: true }));
  const open = (limitBytes = 1_000) =>
    ObjectCache.open({ directory, limitBytes, clock: systemClock, logger: silentLogger });
  return { directory, open };
}

async function put(cache: ObjectCache, name: string, content: string): Promise<void> {
  await writeFile(await cache.takePartial(name), content);
  await cache.place(name, 5_000);
}

const FILE = { path: '1/x', cacheName: 'o', modifiedMs: 5_000 };

test('an object is there once it is complete, and in the next server, too', async (t) => {
  const { open } = await setUp(t);
  const cache = await open();
  await writeFile(await cache.takePartial('o'), 'con');
  assert.equal(await cache.has('o', 3), false);
  await put(cache, 'o', 'content');
  assert.equal(await cache.has('o', 7), true);
  assert.equal(await cache.has('o', 8), false);
  await cache.close();
  const next = await open();
  assert.equal(await next.has('o', 7), true);
  await next.close();
});

test('lays out a model of links, with the times of the store', async (t) => {
  const { open } = await setUp(t);
  const cache = await open();
  await put(cache, 'o', 'content');
  const folder = await cache.layOut('m', [FILE], ['1', '2']);
  assert.ok(folder !== undefined);
  assert.ok(folder.endsWith('/m'));
  assert.equal(await readFile(join(folder, '1/x'), 'utf8'), 'content');
  const { mtimeMs, nlink, mode } = await stat(join(folder, '1/x'));
  assert.deepEqual([mtimeMs, nlink, mode & 0o222], [5_000, 2, 0]);
  assert.deepEqual((await readdir(folder)).sort(), ['1', '2']);
  await cache.remove(folder);
  await assert.rejects(stat(folder));
  assert.equal(await cache.has('o', 7), true);
  await cache.close();
});

test('leaves nothing when an object of a model is gone', async (t) => {
  const { directory, open } = await setUp(t);
  const cache = await open();
  assert.equal(await cache.layOut('m', [FILE], ['1']), undefined);
  const [run = ''] = await readdir(join(directory, 'runs'));
  assert.deepEqual((await readdir(join(directory, 'runs', run))).sort(), ['owner.json', 'partial']);
  await cache.close();
});

test('removes what no model uses until the rest fits', async (t) => {
  const { open } = await setUp(t);
  const cache = await open(8);
  for (const name of ['a', 'b', 'o']) {
    await put(cache, name, 'content');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await cache.layOut('m', [FILE], ['1']);
  await cache.trim();
  const kept = await Promise.all(['a', 'b', 'o'].map((name) => cache.has(name, 7)));
  assert.deepEqual(kept, [false, true, true]);
  await cache.close();
});

/** What a server left that had this owner. */
async function leaveRun(directory: string, owner: Readonly<Record<string, unknown>>) {
  const run = join(directory, 'runs', 'run-left');
  await mkdir(join(run, 'partial'), { recursive: true });
  await mkdir(join(run, '1/m'), { recursive: true });
  await writeFile(join(run, 'owner.json'), JSON.stringify(owner));
  await writeFile(join(run, 'partial/o'), 'con');
  return run;
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

async function openAndTake(open: () => Promise<ObjectCache>): Promise<string> {
  const cache = await open();
  try {
    return await readFile(await cache.takePartial('o'), 'utf8').catch(() => 'nothing');
  } finally {
    await cache.close();
  }
}

test('takes over what a killed server was fetching, and removes the rest', async (t) => {
  const { directory, open } = await setUp(t);
  const { pid = 0 } = spawnSync(process.execPath, ['-e', '']);
  const owner = { host: hostname(), boot: await bootId(), pid, startTime: '1', token: 'x' };
  const run = await leaveRun(directory, owner);
  assert.equal(await openAndTake(open), 'con');
  await assert.rejects(stat(run));
});

test('a process id that was given anew does not keep a killed server alive', async (t) => {
  const { directory, open } = await setUp(t);
  const common = { host: hostname(), boot: await bootId() };
  await leaveRun(directory, { ...common, pid: process.pid, startTime: '1', token: 'another' });
  assert.equal(await openAndTake(open), 'con');
  await leaveRun(directory, { ...common, pid: process.ppid, startTime: '1', token: 'another' });
  assert.equal(await openAndTake(open), 'con');
});

test('does not trust what was being written when the machine went down', async (t) => {
  const { directory, open } = await setUp(t);
  const owner = { host: hostname(), boot: 'before', pid: 1, startTime: '1', token: 'x' };
  const run = await leaveRun(directory, owner);
  assert.equal(await openAndTake(open), 'nothing');
  await assert.rejects(stat(run));
});

test('leaves servers alone that live, here or on another host', async (t) => {
  const { directory, open } = await setUp(t);
  const first = await open();
  const foreign = await leaveRun(directory, { host: 'elsewhere', boot: 'b', pid: 1 });
  const second = await open();
  assert.equal((await readdir(join(directory, 'runs'))).length, 3);
  await second.close();
  await first.close();
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(foreign, 'owner.json'), longAgo, longAgo);
  await (await open()).close();
  assert.deepEqual(await readdir(join(directory, 'runs')), []);
});

test('a cache without a directory goes away with its server', async () => {
  const own = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('nereid-model-cache-'));
  const before = new Set(await own());
  const options = { directory: undefined, limitBytes: 0, clock: systemClock, logger: silentLogger };
  const cache = await ObjectCache.open(options);
  const [made = ''] = (await own()).filter((name) => !before.has(name));
  assert.equal((await stat(join(tmpdir(), made))).mode & 0o077, 0);
  await cache.close();
  assert.ok(!(await own()).includes(made));
});

test('a directory that cannot be used is named', async (t) => {
  const { directory } = await setUp(t);
  await writeFile(join(directory, 'file'), '');
  const opening = ObjectCache.open({
    directory: join(directory, 'file'),
    limitBytes: 0,
    clock: systemClock,
    logger: silentLogger,
  });
  await assert.rejects(opening, {
    code: 'UNAVAILABLE',
    message: /cannot use .*\/file for the files/,
  });
});
