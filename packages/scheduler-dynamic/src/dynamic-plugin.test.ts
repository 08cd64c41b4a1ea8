import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CancelSource,
  isInferError,
  type ModelConfig,
  type ModelDynamicBatching,
  type ModelQueuePolicy,
  type PendingRequest,
} from '@nereid/core';
import {
  describeScheduler,
  FakeClock,
  FakePendingRequest,
  type FakeRequestOptions,
  FakeSchedulerContext,
  fakeInputConfig,
  fakeModelConfig,
} from '@nereid/testing';
import defaultPlugin from './default-plugin.js';
import dynamicPlugin from './dynamic-plugin.js';

const BATCHING: ModelDynamicBatching = {
  preferredBatchSize: [8],
  maxQueueDelayMicroseconds: 0,
  preserveOrdering: false,
  priorityLevels: 0,
  defaultPriorityLevel: 0,
  defaultQueuePolicy: undefined,
  priorityQueuePolicy: {},
};

const POLICY: ModelQueuePolicy = {
  timeoutAction: 'REJECT',
  defaultTimeoutMicroseconds: 1000,
  allowTimeoutOverride: false,
  maxQueueSize: 0,
};

function dynamicConfig(
  batching: Partial<ModelDynamicBatching> = {},
  config: Partial<ModelConfig> = {},
): ModelConfig {
  return fakeModelConfig({
    maxBatchSize: 8,
    input: [fakeInputConfig()],
    ...config,
    dynamicBatching: { ...BATCHING, ...batching },
  });
}

function setUp(config: ModelConfig, instanceCount = 1) {
  const clock = new FakeClock();
  const context = new FakeSchedulerContext({ config, clock, instanceCount });
  const scheduler = dynamicPlugin.createScheduler(context);
  const send = (id: string, options: FakeRequestOptions = {}) => {
    const pending = new FakePendingRequest({ ...options, id });
    scheduler.enqueue(pending);
    return pending;
  };
  return { clock, context, scheduler, send };
}

function input(shape: readonly number[], name = 'INPUT') {
  return { name, datatype: 'FP32', shape, data: new Uint8Array(4) } as const;
}

describeScheduler('the default scheduler', () => ({
  plugin: defaultPlugin,
  config: fakeModelConfig({ input: [fakeInputConfig()] }),
}));

describeScheduler('the dynamic batcher', () => ({
  plugin: dynamicPlugin,
  config: dynamicConfig(),
}));

describeScheduler('the dynamic batcher that preserves order', () => ({
  plugin: dynamicPlugin,
  config: dynamicConfig({ preserveOrdering: true }),
}));

describe('the default scheduler', () => {
  it('makes each request a batch', async () => {
    const context = new FakeSchedulerContext({ config: fakeModelConfig({ maxBatchSize: 8 }) });
    const scheduler = defaultPlugin.createScheduler(context);
    for (const id of ['a', 'b', 'c']) {
      scheduler.enqueue(new FakePendingRequest({ id, batchSize: 4 }));
    }
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a'], ['b'], ['c']]);
  });
});

describe('the dynamic batcher', () => {
  it('forms batches while all instances are busy', async () => {
    const { context, send } = setUp(dynamicConfig());
    for (const id of 'abcd') send(id);
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a'], ['b', 'c', 'd']]);
  });

  it('never waits without a delay, for a preferred size neither', () => {
    const { clock, context, send } = setUp(dynamicConfig({ preferredBatchSize: [4] }), 2);
    send('a');
    send('b');
    assert.deepEqual(context.batchIds, [['a'], ['b']]);
    assert.equal(clock.scheduledCount, 0);
  });

  it('ends the delay when inputs come that cannot join', () => {
    const config = dynamicConfig(
      { maxQueueDelayMicroseconds: 100 },
      { input: [fakeInputConfig({ dims: [-1] })] },
    );
    const { context, send } = setUp(config, 2);
    send('a', { inputs: [input([1, 1])] });
    assert.deepEqual(context.batchIds, []);
    send('b', { inputs: [input([1, 2])] });
    assert.deepEqual(context.batchIds, [['a']]);
  });

  it('counts the batch sizes of the requests, not the requests', async () => {
    const { context, send } = setUp(dynamicConfig());
    for (const id of 'abcd') send(id, { batchSize: 3 });
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a'], ['b', 'c'], ['d']]);
  });

  it('lets a batch grow for the queue delay', async () => {
    const { clock, context, send } = setUp(dynamicConfig({ maxQueueDelayMicroseconds: 100 }));
    send('a');
    clock.advanceUs(60);
    send('b');
    clock.advanceUs(39);
    assert.deepEqual(context.batchIds, []);
    clock.advanceUs(1);
    assert.deepEqual(context.batchIds, [['a', 'b']]);
    await context.completeAll();
    assert.equal(clock.scheduledCount, 0);
  });

  it('ends the delay when a preferred size is reached', () => {
    const { clock, context, send } = setUp(
      dynamicConfig({ maxQueueDelayMicroseconds: 100, preferredBatchSize: [2] }),
    );
    send('a');
    send('b');
    assert.deepEqual(context.batchIds, [['a', 'b']]);
    assert.equal(clock.scheduledCount, 0);
  });

  it('runs a delayed batch at once when stopped', async () => {
    const { context, scheduler, send } = setUp(dynamicConfig({ maxQueueDelayMicroseconds: 1e6 }));
    send('a');
    const stop = scheduler.stop();
    assert.deepEqual(context.batchIds, [['a']]);
    await context.completeAll();
    await stop;
  });

  it('ends a stop when the last waiting request is cancelled', async () => {
    const source = new CancelSource();
    const { context, scheduler, send } = setUp(dynamicConfig());
    send('a');
    send('b', { signal: source });
    const stop = scheduler.stop();
    source.cancel();
    await context.completeAll();
    await stop;
    assert.deepEqual(context.batchIds, [['a']]);
  });

  it('refuses a custom batching strategy', () => {
    const parameters = { TRITON_BATCH_STRATEGY_PATH: { stringValue: '/x.so' } };
    assert.throws(
      () => setUp(dynamicConfig({}, { parameters })),
      (error) => isInferError(error) && error.code === 'UNSUPPORTED',
    );
  });
});

describe('the dynamic batcher whose instances change', () => {
  it('uses more instances as soon as there are more', async () => {
    const { context, scheduler, send } = setUp(dynamicConfig({ preferredBatchSize: [1] }));
    for (const id of 'abc') send(id);
    assert.deepEqual(context.batchIds, [['a']]);
    context.instanceCount = 2;
    await scheduler.changeInstances?.([0, 1]);
    assert.deepEqual(context.batchIds, [['a'], ['b']]);
    await context.completeAll();
    assert.equal(scheduler.inflightCount, 0);
  });

  it('starts no batch until fewer execute than there are instances', async () => {
    const { context, scheduler, send } = setUp(dynamicConfig({ preferredBatchSize: [1] }), 3);
    for (const id of 'abcd') send(id);
    await scheduler.changeInstances?.([1]);
    await context.completeBatch();
    await context.completeBatch();
    assert.equal(context.batches.length, 3);
    await context.completeBatch();
    assert.deepEqual(context.batchIds.at(-1), ['d']);
    await context.completeAll();
  });
});

describe('the inputs of a batch', () => {
  const variable = [fakeInputConfig({ dims: [-1] })];

  it('have equal shapes where a dimension is variable', async () => {
    const { context, send } = setUp(dynamicConfig({}, { input: variable }));
    send('busy', { inputs: [input([1, 1])] });
    send('a', { inputs: [input([1, 2])] });
    send('b', { inputs: [input([3, 2])], batchSize: 3 });
    send('c', { inputs: [input([1, 5])] });
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['busy'], ['a', 'b'], ['c']]);
  });

  it('may differ in shape where they may be ragged', async () => {
    const ragged = [fakeInputConfig({ dims: [-1], allowRaggedBatch: true })];
    const { context, send } = setUp(dynamicConfig({}, { input: ragged }));
    send('busy', { inputs: [input([1, 1])] });
    send('a', { inputs: [input([1, 2])] });
    send('b', { inputs: [input([1, 5])] });
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['busy'], ['a', 'b']]);
  });

  it('are the same where some are optional', async () => {
    const optional = [fakeInputConfig(), fakeInputConfig({ name: 'EXTRA', optional: true })];
    const { context, send } = setUp(dynamicConfig({}, { input: optional }));
    send('busy', { inputs: [input([1, 1])] });
    send('a', { inputs: [input([1, 1])] });
    send('b', { inputs: [input([1, 1]), input([1, 1], 'EXTRA')] });
    send('c', { inputs: [input([1, 1], 'EXTRA'), input([1, 1])] });
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['busy'], ['a'], ['b', 'c']]);
  });

  it('have equal values where they are shape tensors', async () => {
    const shapes = [fakeInputConfig({ isShapeTensor: true })];
    const { context, send } = setUp(dynamicConfig({}, { input: shapes }));
    send('busy', { inputs: [input([1])] });
    send('a', { inputs: [input([1])] });
    send('b', { inputs: [{ ...input([1]), data: Uint8Array.of(1, 0, 0, 0) }] });
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['busy'], ['a'], ['b']]);
  });
});

describe('the queue policy', () => {
  it('refuses requests beyond the queue size', async () => {
    const policy = { ...POLICY, defaultTimeoutMicroseconds: 0, maxQueueSize: 1 };
    const { context, send } = setUp(dynamicConfig({ defaultQueuePolicy: policy }));
    send('busy');
    send('a');
    const refused = send('b');
    assert.equal(refused.error?.code, 'UNAVAILABLE');
    assert.equal(refused.error?.message, '[request id: b] Exceeds maximum queue size');
    assert.equal(send('').error?.message, '[request id: <id_unknown>] Exceeds maximum queue size');
    await context.completeAll();
    assert.equal(send('c').finished, false);
  });

  it('rejects requests that wait too long', () => {
    const { clock, scheduler, send } = setUp(dynamicConfig({ defaultQueuePolicy: POLICY }));
    send('busy');
    const expired = send('a');
    clock.advanceUs(999);
    assert.equal(expired.finished, false);
    clock.advanceUs(1);
    assert.equal(expired.error?.code, 'UNAVAILABLE');
    assert.equal(expired.error?.message, 'Request timeout expired');
    assert.equal(scheduler.pendingCount, 0);
  });

  it('lets a request shorten its time only where that is allowed', () => {
    for (const allowTimeoutOverride of [true, false]) {
      const policy = { ...POLICY, allowTimeoutOverride };
      const { clock, send } = setUp(dynamicConfig({ defaultQueuePolicy: policy }));
      send('busy');
      const short = send('a', { timeoutUs: 10 });
      const long = send('b', { timeoutUs: 5000 });
      clock.advanceUs(11);
      assert.equal(short.finished, allowTimeoutOverride);
      clock.advanceUs(1000);
      assert.equal(long.finished, true);
    }
  });

  it('has no timeout to shorten without a default', () => {
    const policy = { ...POLICY, allowTimeoutOverride: true, defaultTimeoutMicroseconds: 0 };
    const { clock, send } = setUp(dynamicConfig({ defaultQueuePolicy: policy }));
    send('busy');
    const pending = send('a', { timeoutUs: 10 });
    clock.advanceUs(1e6);
    assert.equal(pending.finished, false);
    assert.equal(clock.scheduledCount, 0);
  });

  it('sets delayed requests behind those in time', async () => {
    const policy: ModelQueuePolicy = { ...POLICY, timeoutAction: 'DELAY' };
    const config = dynamicConfig({ defaultQueuePolicy: policy, preferredBatchSize: [1] });
    const { clock, context, send } = setUp(config);
    send('busy');
    const late = send('late');
    clock.advanceUs(1001);
    send('punctual');
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['busy'], ['punctual'], ['late']]);
    assert.equal(late.error, undefined);
  });

  it('does not reject a request that executes, however long that takes', async () => {
    const { clock, context, send } = setUp(dynamicConfig({ defaultQueuePolicy: POLICY }));
    const running = send('running');
    clock.advanceUs(1e6);
    assert.equal(running.finished, false);
    await context.completeAll();
    assert.equal(running.error, undefined);
  });

  it('leaves no timer behind for a request that runs', async () => {
    const { clock, context, send } = setUp(dynamicConfig({ defaultQueuePolicy: POLICY }));
    send('busy');
    send('a');
    await context.completeAll();
    assert.equal(clock.scheduledCount, 0);
  });
});

describe('priority levels', () => {
  const levels = { priorityLevels: 3, defaultPriorityLevel: 2, preferredBatchSize: [1] };

  it('run the highest priority first', async () => {
    const { context, send } = setUp(dynamicConfig(levels));
    send('busy');
    send('low', { priority: 3 });
    send('default');
    send('unknown', { priority: 9 });
    send('high', { priority: 1 });
    await context.completeAll();
    assert.deepEqual(context.batchIds.flat(), ['busy', 'high', 'default', 'unknown', 'low']);
  });

  it('have queue policies of their own', () => {
    const priorityQueuePolicy = {
      1: { ...POLICY, defaultTimeoutMicroseconds: 0, maxQueueSize: 1 },
    };
    const { send } = setUp(dynamicConfig({ ...levels, priorityQueuePolicy }));
    send('busy');
    send('a', { priority: 1 });
    assert.equal(send('b', { priority: 1 }).error?.code, 'UNAVAILABLE');
    assert.equal(send('c', { priority: 2 }).finished, false);
    assert.equal(send('d', { priority: 2 }).finished, false);
  });
});

describe('preserved ordering', () => {
  function twoRunning() {
    const set = setUp(dynamicConfig({ preserveOrdering: true }), 2);
    const first = set.send('first');
    const second = set.send('second');
    const [a, b] = set.context.batches.map((batch) => batch[0]);
    assert.ok(a && b);
    return { first, second, a, b };
  }

  it('holds an answer back until the earlier one has left', () => {
    const { first, second, a, b } = twoRunning();
    void b.respond({ outputs: [] });
    b.finish();
    assert.equal(second.responses.length, 0);
    assert.equal(second.finished, false);
    void a.respond({ outputs: [] });
    a.finish();
    assert.ok(first.finished);
    assert.equal(second.responses.length, 1);
    assert.ok(second.finished);
  });

  it('passes responses through as soon as it is their turn', () => {
    const { second, a, b } = twoRunning();
    void b.respond({ outputs: [] });
    a.finish();
    assert.equal(second.responses.length, 1);
    assert.equal(second.finished, false);
    void b.respond({ outputs: [] });
    assert.equal(second.responses.length, 2);
  });

  it('ignores a second finish, which the server makes of an answer that is held back', () => {
    const { second, a, b } = twoRunning();
    b.finish();
    b.finish();
    a.finish();
    assert.equal(second.error, undefined);
  });

  it('goes on in order after everything has left', async () => {
    const { context, send } = setUp(dynamicConfig({ preserveOrdering: true }), 2);
    send('a');
    send('b');
    await context.completeAll();
    send('c');
    const last = send('d');
    const [, , c, d] = context.batches.map((batch) => batch[0]);
    d?.finish();
    assert.equal(last.finished, false);
    c?.finish();
    assert.equal(last.finished, true);
  });
});

describe('instances that are done when they return', () => {
  /** Answers at once, but for the first batch, which ends when the test says so. */
  class PromptContext extends FakeSchedulerContext {
    endFirst = () => {};

    override runBatch(batch: readonly PendingRequest[]): Promise<void> | undefined {
      this.batches.push(batch);
      if (this.batches.length === 1) return new Promise((resolve) => (this.endFirst = resolve));
      for (const pending of batch) {
        void pending.respond({ outputs: [] });
        pending.finish();
      }
      return undefined;
    }
  }

  it('take a long queue without a deep stack', async () => {
    const context = new PromptContext({ config: fakeModelConfig({ input: [fakeInputConfig()] }) });
    const scheduler = defaultPlugin.createScheduler(context);
    const requests = Array.from({ length: 50_000 }, () => new FakePendingRequest());
    for (const pending of requests) scheduler.enqueue(pending);
    assert.equal(scheduler.pendingCount, 49_999);
    context.endFirst();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(context.batches.length, 50_000);
    assert.equal(scheduler.inflightCount, 0);
    await scheduler.stop();
  });

  it('take what is enqueued by whoever gets an answer', async () => {
    const context = new PromptContext({ config: fakeModelConfig({ input: [fakeInputConfig()] }) });
    const scheduler = defaultPlugin.createScheduler(context);
    scheduler.enqueue(new FakePendingRequest());
    context.endFirst();
    await new Promise((resolve) => setImmediate(resolve));
    const next = new FakePendingRequest();
    const first = new FakePendingRequest();
    first.finish = () => scheduler.enqueue(next);
    scheduler.enqueue(first);
    assert.equal(next.responses.length, 1);
    assert.equal(scheduler.inflightCount, 0);
    const stopped = scheduler.stop();
    await stopped;
  });
});

describe('a batch for an instance that is busy', () => {
  /** One instance, which prepares a batch while it executes another. */
  function setUpAhead(batching: Partial<ModelDynamicBatching> = {}, preparedCount = 1) {
    const config = dynamicConfig({ preferredBatchSize: [2], ...batching }, { maxBatchSize: 2 });
    const clock = new FakeClock();
    const context = new FakeSchedulerContext({ config, clock, preparedCount });
    const scheduler = dynamicPlugin.createScheduler(context);
    const given: string[][] = [];
    const runBatch = context.runBatch.bind(context);
    context.runBatch = (batch, instance) => {
      given.push(batch.map(({ request }) => request.id));
      return runBatch(batch, instance);
    };
    const send = (ids: string, options: FakeRequestOptions = {}) => {
      for (const id of ids) scheduler.enqueue(new FakePendingRequest({ ...options, id }));
    };
    return { context, scheduler, given, send };
  }

  it('goes ahead when it is full, and not before', async () => {
    const { context, scheduler, given, send } = setUpAhead();
    send('ab');
    assert.deepEqual(given, [['a']]);
    send('c');
    assert.deepEqual(given, [['a'], ['b', 'c']]);
    assert.equal(scheduler.pendingCount, 2);
    assert.equal(scheduler.inflightCount, 3);
    await context.completeBatch();
    assert.equal(scheduler.pendingCount, 0);
    await context.completeAll();
    assert.equal(scheduler.inflightCount, 0);
  });

  it('is followed by the next one when it begins', async () => {
    const { context, given, send } = setUpAhead();
    send('abcdefg');
    assert.deepEqual(given, [['a'], ['b', 'c']]);
    await context.completeBatch();
    assert.deepEqual(given.at(-1), ['d', 'e']);
    await context.completeBatch();
    assert.deepEqual(given.at(-1), ['f', 'g']);
    await context.completeAll();
    assert.deepEqual(context.batchIds, given);
  });

  it('does not go ahead of an instance that prepares none', async () => {
    const { context, given, send } = setUpAhead({}, 0);
    send('abcde');
    assert.deepEqual(given, [['a']]);
    await context.completeAll();
    assert.deepEqual(given, [['a'], ['b', 'c'], ['d', 'e']]);
  });

  it('stays in the queue where a rule may still change it', () => {
    for (const batching of [
      { preserveOrdering: true },
      { priorityLevels: 2, defaultPriorityLevel: 1 },
      { defaultQueuePolicy: POLICY },
      { defaultQueuePolicy: { ...POLICY, defaultTimeoutMicroseconds: 0, maxQueueSize: 9 } },
    ]) {
      const { given, send } = setUpAhead(batching);
      send('abcde');
      assert.deepEqual(given, [['a']]);
    }
  });

  it('goes ahead when the next request cannot join it', () => {
    const { given, send } = setUpAhead();
    send('a');
    send('b', { batchSize: 1 });
    send('c', { batchSize: 2 });
    assert.deepEqual(given, [['a'], ['b']]);
  });

  it('is executed to its end when the scheduler is stopped', async () => {
    const { context, scheduler, given, send } = setUpAhead();
    send('abcd');
    const stopped = scheduler.stop();
    await context.completeAll();
    await stopped;
    assert.deepEqual(given, [['a'], ['b', 'c'], ['d']]);
  });
});
