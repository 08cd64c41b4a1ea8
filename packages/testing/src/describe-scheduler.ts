import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CancelSource,
  type ModelConfig,
  type Scheduler,
  type SchedulerPlugin,
  type Tensor,
} from '@nereid/core';
import { FakePendingRequest, type FakeRequestOptions } from './fake-pending-request.js';
import { FakeSchedulerContext } from './fake-scheduler-context.js';

export interface SchedulerSubject {
  readonly plugin: SchedulerPlugin;
  /** Normalized, and one that makes no request wait longer than it must. */
  readonly config: ModelConfig;
  /** False for a scheduler in which no request ever waits; true when absent. */
  readonly queues?: boolean;
  /** Options of a request that the scheduler accepts, the `index`-th of a test. */
  request?(index: number): FakeRequestOptions;
}

/** The contract of core's Scheduler, for a plugin that runs batches of independent requests. */
export function describeScheduler(name: string, factory: () => SchedulerSubject): void {
  describe(`${name} keeps the contract of a scheduler`, () => {
    it('runs a request at once on a free instance', async () => {
      const { scheduler, context, requests } = start(factory(), { count: 1 });
      enqueueAll(scheduler, requests);
      assert.deepEqual(context.batchIds, [['0']]);
      assert.equal(scheduler.inflightCount, 1);
      assert.equal(scheduler.pendingCount, 0);
      await context.completeAll();
      assert.equal(scheduler.inflightCount, 0);
    });

    it('executes every request once, in order, in batches of the allowed size', async () => {
      const { scheduler, context, requests } = start(factory(), { count: 20 });
      enqueueAll(scheduler, requests);
      assert.equal(scheduler.inflightCount, 20);
      await context.completeAll();
      assert.deepEqual(
        executedIds(context),
        requests.map((pending) => pending.request.id),
      );
      const limit = Math.max(1, context.config.maxBatchSize);
      for (const batch of context.batches) {
        assert.ok(batch.reduce((sum, pending) => sum + pending.batchSize, 0) <= limit);
      }
      assert.equal(scheduler.inflightCount, 0);
    });

    it('keeps all instances busy', async () => {
      const { scheduler, context, requests } = start(factory(), { count: 8, instanceCount: 3 });
      enqueueAll(scheduler, requests);
      assert.equal(context.runningCount, 3);
      await context.completeAll();
      assert.ok(requests.every((pending) => pending.finished && !pending.error));
    });

    it('does not run a request that was cancelled before it came', () => {
      const source = new CancelSource();
      source.cancel();
      const { scheduler, context, requests } = start(factory(), {
        count: 1,
        cancelled: { 0: source },
      });
      enqueueAll(scheduler, requests);
      assert.equal(requests[0]?.error?.code, 'CANCELLED');
      assert.equal(context.batches.length, 0);
    });

    it('leaves a cancelled request that executes to the instance', async () => {
      const source = new CancelSource();
      const { scheduler, context, requests } = start(factory(), {
        count: 1,
        cancelled: { 0: source },
      });
      enqueueAll(scheduler, requests);
      source.cancel();
      assert.equal(requests[0]?.finished, false);
      await context.completeAll();
      assert.equal(requests[0]?.error, undefined);
    });

    it('finishes what it holds when stopped, and only then resolves', async () => {
      const { scheduler, context, requests } = start(factory(), { count: 5 });
      enqueueAll(scheduler, requests);
      let stopped = false;
      const stop = scheduler.stop().then(() => {
        stopped = true;
      });
      await context.completeBatch();
      if (context.runningCount > 0) assert.equal(stopped, false);
      await context.completeAll();
      await stop;
      assert.ok(requests.every((pending) => pending.finished && !pending.error));
    });

    it('refuses requests once stopped', async () => {
      const { scheduler, context, requests } = start(factory(), { count: 1 });
      await scheduler.stop();
      enqueueAll(scheduler, requests);
      assert.equal(requests[0]?.error?.code, 'UNAVAILABLE');
      assert.match(requests[0]?.error?.message ?? '', /has stopped accepting new inference/);
      assert.equal(context.batches.length, 0);
    });

    if (factory().queues ?? true) describeQueue(factory);
  });
}

/** What holds where requests wait until an instance is free. */
function describeQueue(factory: () => SchedulerSubject): void {
  it('counts the requests that wait', async () => {
    const { scheduler, context, requests } = start(factory(), { count: 3 });
    enqueueAll(scheduler, requests);
    assert.equal(scheduler.pendingCount, 2);
    await context.completeAll();
    assert.equal(scheduler.pendingCount, 0);
  });

  it('answers a waiting request that is cancelled at once, and never runs it', async () => {
    const source = new CancelSource();
    const { scheduler, context, requests } = start(factory(), {
      count: 3,
      cancelled: { 1: source },
    });
    enqueueAll(scheduler, requests);
    source.cancel();
    assert.equal(requests[1]?.error?.code, 'CANCELLED');
    assert.equal(scheduler.pendingCount, 1);
    await context.completeAll();
    assert.deepEqual(executedIds(context), ['0', '2']);
  });
}

interface StartOptions {
  readonly count: number;
  readonly instanceCount?: number;
  /** By the index of the request that they cancel. */
  readonly cancelled?: Readonly<Record<number, CancelSource>>;
}

/** A scheduler and `count` requests with the ids 0, 1, 2 …, not enqueued yet. */
function start(subject: SchedulerSubject, { count, instanceCount = 1, cancelled }: StartOptions) {
  const context = new FakeSchedulerContext({ config: subject.config, instanceCount });
  const scheduler = subject.plugin.createScheduler(context);
  const requests = Array.from({ length: count }, (_, index) => {
    const signal = cancelled?.[index];
    return new FakePendingRequest({
      acceptedNs: context.clock.nowNs(),
      inputs: defaultInputs(subject.config),
      ...subject.request?.(index),
      id: String(index),
      ...(signal && { signal }),
    });
  });
  return { scheduler, context, requests };
}

/** Without the requests that only fill a place in a batch. */
function executedIds(context: FakeSchedulerContext): readonly string[] {
  const executed = context.batches.flat().filter(({ placeholder }) => !placeholder);
  return executed.map(({ request }) => request.id);
}

function enqueueAll(scheduler: Scheduler, requests: readonly FakePendingRequest[]): void {
  for (const pending of requests) scheduler.enqueue(pending);
}

/** One FP32 input of one element for each input of the configuration. */
function defaultInputs(config: ModelConfig): readonly Tensor[] {
  const shape = config.maxBatchSize > 0 ? [1, 1] : [1];
  return config.input.map(({ name }) => ({
    name,
    datatype: 'FP32',
    shape,
    data: new Uint8Array(4),
  }));
}
