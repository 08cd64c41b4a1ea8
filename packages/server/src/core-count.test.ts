import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { coreCount } from './core-count.js';

async function countWith(files: Readonly<Record<string, string>>, schedulableCores = 16) {
  const root = await mkdtemp(join(tmpdir(), 'nereid-cores-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    return await coreCount({ root, schedulableCores });
  } finally {
    await rm(root, { recursive: true });
  }
}

test('without control groups all cores count', async () => {
  assert.equal(await countWith({}), 16);
});

test('a quota of version 2 limits, rounded up', async () => {
  const membership = { 'proc/self/cgroup': '0::/\n' };
  assert.equal(await countWith({ ...membership, 'sys/fs/cgroup/cpu.max': '250000 100000\n' }), 3);
  assert.equal(await countWith({ ...membership, 'sys/fs/cgroup/cpu.max': 'max 100000\n' }), 16);
  assert.equal(await countWith({ ...membership, 'sys/fs/cgroup/cpu.max': '10000 100000\n' }), 1);
});

test('the tightest group above the process counts', async () => {
  const files = {
    'proc/self/cgroup': '0::/pod/server\n',
    'sys/fs/cgroup/pod/server/cpu.max': '800000 100000\n',
    'sys/fs/cgroup/pod/cpu.max': '400000 100000\n',
  };
  assert.equal(await countWith(files), 4);
});

test('a quota of version 1 limits', async () => {
  const files = {
    'proc/self/cgroup': '5:memory:/m\n4:cpu,cpuacct:/docker/x\n',
    'sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us': '200000\n',
    'sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(await countWith(files), 2);
  const unlimited = { ...files, 'sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us': '-1\n' };
  assert.equal(await countWith(unlimited), 16);
});

test('a quota above the cores there are adds none', async () => {
  const files = { 'sys/fs/cgroup/cpu.max': '900000 100000\n' };
  assert.equal(await countWith(files, 2), 2);
});
