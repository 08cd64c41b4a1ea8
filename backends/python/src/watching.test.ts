import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { isInferError } from '@nereid/core';
import { FakeClock } from '@nereid/testing';
import { parseSettings } from './backend-settings.js';
import { watchHealth } from './health-watch.js';
import { MemoryReturn } from './memory-return.js';
import { modelSettings } from './model-settings.js';
import { PipelineDepth } from './pipeline-depth.js';
import { SharedFile } from './shared-file.js';
import { StartQueue } from './start-queue.js';
import { SHARED_WORD } from './wire-format.js';

const NO_LIMITS = { healthIntervalSeconds: 0, memoryLimitBytes: 0, executionTimeoutSeconds: 0 };

function watch(limits: Partial<typeof NO_LIMITS>) {
  const clock = new FakeClock();
  const file = SharedFile.create(4096, 'nereid-test');
  const killed: (string | undefined)[] = [];
  const stub = { pid: process.pid, file, error: undefined, kill: (r?: string) => killed.push(r) };
  const vitals = { stopped: false, cpuMs: 0, residentBytes: 2048 };
  const state = { executingSinceNs: undefined as number | undefined, beats: 0 };
  const stop = watchHealth(
    { stub, executingSinceNs: () => state.executingSinceNs },
    { ...NO_LIMITS, ...limits },
    { clock, readVitals: async () => vitals },
  );
  const beat = () => {
    const word = Buffer.alloc(8);
    word.writeBigUInt64LE(BigInt(++state.beats));
    file.writeNow(word, SHARED_WORD.heartbeat);
  };
  const pass = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 0.25) {
      clock.advanceUs(250_000);
      await turn();
    }
  };
  return { vitals, clock, killed, state, beat, pass, stop, file };
}

describe('watchHealth', () => {
  it('ends a process whose count stands still for the interval', async () => {
    const { killed, beat, pass, stop } = watch({ healthIntervalSeconds: 2 });
    for (let second = 0; second < 4; second++) {
      beat();
      await pass(1);
    }
    assert.deepEqual(killed, []);
    await pass(3);
    assert.match(killed[0] ?? '', /interpreter has not answered for 2 seconds/);
    stop();
  });

  it('ends a process that executes for too long, and lets others be', async () => {
    const { killed, clock, state, pass, stop } = watch({ executionTimeoutSeconds: 2 });
    state.executingSinceNs = clock.nowNs();
    await pass(1);
    state.executingSinceNs = undefined;
    await pass(3);
    assert.deepEqual(killed, []);
    state.executingSinceNs = clock.nowNs();
    await pass(3);
    assert.match(killed[0] ?? '', /executed for more than 2 seconds/);
    stop();
  });

  it('ends a process that takes more memory than it may', async () => {
    const { killed, pass, stop } = watch({ memoryLimitBytes: 1024 });
    await pass(2);
    assert.match(killed[0] ?? '', /takes \d+ bytes of memory, and its limit is 1024/);
    stop();
  });

  it('lets a process be that somebody has stopped', async () => {
    const { killed, vitals, pass, stop } = watch({ healthIntervalSeconds: 2, memoryLimitBytes: 1 });
    vitals.stopped = true;
    await pass(10);
    assert.deepEqual(killed, []);
    vitals.stopped = false;
    vitals.residentBytes = 0;
    await pass(3);
    assert.match(killed[0] ?? '', /interpreter has not answered/);
    stop();
  });

  it('looks at nothing when no limit is set', () => {
    const { clock, stop } = watch({});
    assert.equal(clock.scheduledCount, 0);
    stop();
  });
});

describe('MemoryReturn', () => {
  it('gives memory back when none was used for a while, once', async () => {
    const clock = new FakeClock();
    let returns = 0;
    const memory = new MemoryReturn({
      clock,
      idle: () => true,
      giveBack: async () => {
        returns += 1;
      },
    });
    memory.used();
    clock.advanceUs(3_000_000);
    memory.used();
    clock.advanceUs(3_000_000);
    await turn();
    assert.equal(returns, 0);
    clock.advanceUs(5_000_000);
    await turn();
    assert.equal(returns, 1);
    clock.advanceUs(60_000_000);
    await turn();
    assert.equal(returns, 1);
    memory.close();
  });
});

describe('PipelineDepth', () => {
  it('sends batches ahead only while they take microseconds', () => {
    const depth = new PipelineDepth();
    assert.equal(depth.batches, 1);
    depth.executed(5_000);
    assert.equal(depth.batches, 32);
    depth.executed(50_000_000);
    assert.equal(depth.batches, 1);
    for (let count = 0; count < 200; count++) depth.executed(5_000);
    assert.ok(depth.batches > 1);
  });
});

describe('StartQueue', () => {
  it('lets so many starts go on at a time, in their order, whatever becomes of them', async () => {
    const queue = new StartQueue(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const results = await Promise.allSettled(
      [0, 1, 2, 3, 4].map((index) =>
        queue.run(async () => {
          order.push(index);
          most = Math.max(most, ++running);
          await turn();
          running -= 1;
          if (index === 1) throw new Error('no');
        }),
      ),
    );
    assert.equal(most, 2);
    assert.deepEqual(order, [0, 1, 2, 3, 4]);
    assert.equal(results.filter(({ status }) => status === 'rejected').length, 1);
  });
});

describe('settings', () => {
  it('come from the backend, and some of them from the model', () => {
    const settings = parseSettings(new Map([['stub-timeout-seconds', '7']]), 4);
    assert.equal(settings.parallelStarts, 4);
    const parameters = { STUB_TIMEOUT_SECONDS: { stringValue: '9' } };
    assert.equal(modelSettings(settings, {}).stubTimeoutSeconds, 7);
    assert.equal(modelSettings(settings, parameters).stubTimeoutSeconds, 9);
  });

  it('are refused where they are no number in range', () => {
    for (const text of ['x', '-1', '1e9']) {
      assert.throws(
        () => parseSettings(new Map([['stub-timeout-seconds', text]]), 1),
        (error) => isInferError(error) && error.code === 'INVALID_ARG',
      );
    }
  });
});
