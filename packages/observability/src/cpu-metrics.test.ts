import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Clock } from '@nereid/core';
import { CpuMetrics } from './cpu-metrics.js';
import { cpuUtilization, parseProcMeminfo, parseProcStat } from './proc-files.js';
import { PromMetricRegistry } from './prom-metric-registry.js';

const MEMINFO = 'MemTotal:       1000 kB\nMemFree:  100 kB\nMemAvailable:    400 kB\n';

test('reads the processor line, leaving out guest time, which is within user time', () => {
  assert.deepEqual(parseProcStat('cpu  10 20 30 40 5 1 2 3 99 99\ncpu0 1 2 3\n'), {
    total: 111,
    idle: 45,
  });
  assert.equal(parseProcStat('nothing of the kind'), undefined);
});

test('memory in use is what is not available', () => {
  assert.deepEqual(parseProcMeminfo(MEMINFO), { totalBytes: 1_024_000, usedBytes: 614_400 });
  assert.equal(parseProcMeminfo('MemTotal: 5 kB'), undefined);
});

test('utilization is the busy share between two readings', () => {
  assert.equal(cpuUtilization({ total: 100, idle: 50 }, { total: 200, idle: 75 }), 0.75);
  assert.equal(cpuUtilization({ total: 100, idle: 50 }, { total: 100, idle: 50 }), 0);
});

test('polls the files, and stops', async () => {
  const procDirectory = await mkdtemp(join(tmpdir(), 'nereid-proc-'));
  try {
    await writeFile(join(procDirectory, 'stat'), 'cpu  0 0 0 100 0 0 0 0\n');
    await writeFile(join(procDirectory, 'meminfo'), MEMINFO);
    const tasks: (() => void)[] = [];
    const schedule: Clock['schedule'] = (delayUs, task) => {
      assert.equal(delayUs, 2_000_000);
      tasks.push(task);
      return () => tasks.splice(tasks.indexOf(task), 1);
    };
    const clock: Clock = { nowNs: () => 0, wallTimeMs: () => 0, schedule };
    const registry = new PromMetricRegistry();
    const metrics = new CpuMetrics({ registry, clock, intervalMs: 2000, procDirectory });
    await metrics.start();
    assert.match(await registry.text(), /^nv_cpu_utilization 0$/m);
    await writeFile(join(procDirectory, 'stat'), 'cpu  50 0 0 150 0 0 0 0\n');
    tasks.splice(0, 1)[0]?.();
    while (tasks.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const text = await registry.text();
    assert.match(text, /^nv_cpu_utilization 0.5$/m);
    assert.match(text, /^nv_cpu_memory_used_bytes 614400$/m);
    metrics.stop();
    assert.deepEqual(tasks, []);
  } finally {
    await rm(procDirectory, { recursive: true });
  }
});

test('without the files there are no such metrics', async () => {
  const clock: Clock = {
    nowNs: () => 0,
    wallTimeMs: () => 0,
    schedule: () => assert.fail('nothing to poll'),
  };
  const registry = new PromMetricRegistry();
  await new CpuMetrics({ registry, clock, intervalMs: 1, procDirectory: '/nowhere' }).start();
  assert.equal(await registry.text(), '');
});
