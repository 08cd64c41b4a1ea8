import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type BatchTimes,
  CancelSource,
  type ComputeTimer,
  InferError,
  type ModelInstance,
  type ModelInstanceGroup,
  type PendingRequest,
  silentLogger,
} from '@nereid/core';
import { FakeClock, FakePendingRequest, fakeModelConfig } from '@nereid/testing';
import { closeInstances, createInstances } from './create-instances.js';
import { planInstances, type ServerCores } from './instance-placements.js';
import { InstancePool } from './instance-pool.js';
import { matchInstances } from './match-instances.js';
import { type InstanceTurns, RateLimiter } from './rate-limiter.js';

/** An instance whose batches end when the test says so. */
class ManualInstance implements ModelInstance {
  ready = true;
  closed = false;
  readonly batches: (readonly PendingRequest[])[] = [];
  readonly #ends: (() => void)[] = [];

  execute(batch: readonly PendingRequest[], _timer?: ComputeTimer): Promise<void> {
    this.batches.push(batch);
    return new Promise((resolve) => this.#ends.push(resolve));
  }

  /** Answers the running batch. */
  async complete(): Promise<void> {
    for (const pending of this.batches.at(-1) ?? []) {
      void pending.respond({ outputs: [] });
      pending.finish();
    }
    this.#ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** Counts itself in the batch's timer, as the server's own requests do. */
class CountedRequest extends FakePendingRequest {
  override started(times: BatchTimes & { unfinishedCount?: number }): void {
    super.started(times);
    if (times.unfinishedCount !== undefined) times.unfinishedCount += 1;
  }

  override finish(error?: InferError): void {
    super.finish(error);
    const times: (BatchTimes & { unfinishedCount?: number }) | undefined = this.times;
    if (times?.unfinishedCount !== undefined) times.unfinishedCount -= 1;
  }
}

function setUp(
  instances: readonly ModelInstance[],
  decoupled = false,
  turns: readonly InstanceTurns[] = [],
) {
  const executions: [number, BatchTimes, number][] = [];
  const clock = new FakeClock();
  const pool = new InstancePool({
    modelName: 'm',
    instances: instances.map((instance, index) => ({ instance, turns: turns[index] })),
    decoupled,
    clock,
    recorder: {
      executed: (size, times, failed = 0) => executions.push([size, times, failed]),
    },
  });
  return { pool, executions, clock };
}

function failing(execute: ModelInstance['execute']): ModelInstance {
  return { execute, close: async () => {} };
}

describe('the instance pool', () => {
  it('gives batches to free instances in turn, and lets others wait their turn', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    const requests = ['0', '1', '2', '3'].map((id) => new CountedRequest({ id }));
    const ended = requests.map((pending) => pool.runBatch([pending]));
    assert.deepEqual([a.batches.length, b.batches.length], [1, 1]);
    await b.complete();
    assert.deepEqual(b.batches.at(-1), [requests[2]]);
    await b.complete();
    assert.deepEqual(b.batches.at(-1), [requests[3]]);
    await b.complete();
    await a.complete();
    await Promise.all(ended);
  });

  it('has an instance back at once that is done when it returns', async () => {
    const at: string[] = [];
    const instance: ModelInstance = {
      execute([pending]) {
        at.push(pending?.request.id ?? '');
        void pending?.respond({ outputs: [] });
        pending?.finish();
        return undefined;
      },
      close: async () => {},
    };
    const { pool, executions } = setUp([instance]);
    for (const id of ['a', 'b']) {
      assert.equal(pool.runBatch([new CountedRequest({ id })]), undefined);
    }
    assert.deepEqual(at, ['a', 'b']);
    assert.equal(executions.length, 2);
  });

  it('fails the batch of an instance that throws at once', async () => {
    const instance = failing(() => {
      throw new InferError('INTERNAL', 'no');
    });
    const { pool } = setUp([instance]);
    const pending = new CountedRequest();
    assert.equal(pool.runBatch([pending]), undefined);
    assert.equal(pending.error?.message, 'no');
    assert.equal(pool.runBatch([new CountedRequest()]), undefined);
  });

  it('uses the instance that is free for the longest time', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    void pool.runBatch([new CountedRequest()]);
    await a.complete();
    void pool.runBatch([new CountedRequest()]);
    assert.equal(b.batches.length, 1);
  });

  it('runs a batch on the instance it is meant for, before those for any', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    void pool.runBatch([new CountedRequest()], 1);
    assert.equal(b.batches.length, 1);
    void pool.runBatch([new CountedRequest()]);
    const [any, meant] = [new CountedRequest(), new CountedRequest()];
    void pool.runBatch([any]);
    void pool.runBatch([meant], 1);
    await b.complete();
    assert.deepEqual(b.batches.at(-1), [meant]);
    await a.complete();
    assert.deepEqual(a.batches.at(-1), [any]);
  });

  it('avoids instances that are not ready, as long as others are free', () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    a.ready = false;
    assert.equal(pool.ready, true);
    void pool.runBatch([new CountedRequest()]);
    assert.equal(b.batches.length, 1);
    b.ready = false;
    assert.equal(pool.ready, false);
    void pool.runBatch([new CountedRequest()]);
    assert.equal(a.batches.length, 1);
  });

  it('tells requests that they start, and the recorder what was executed', async () => {
    const instance = new ManualInstance();
    const { pool, executions, clock } = setUp([instance]);
    const batch = [new CountedRequest({ batchSize: 3 }), new CountedRequest({ batchSize: 2 })];
    const ended = pool.runBatch(batch);
    assert.equal(batch[1]?.times?.startNs, clock.nowNs());
    assert.equal(executions.length, 0);
    await instance.complete();
    await ended;
    assert.deepEqual(executions[0]?.slice(0, 1), [5]);
  });

  it('counts what only fills a batch in its size, not as an inference', async () => {
    const instance = new ManualInstance();
    const { pool, executions } = setUp([instance]);
    const filler = Object.assign(new CountedRequest(), { placeholder: true });
    const ended = pool.runBatch([filler, new CountedRequest()]);
    await instance.complete();
    await ended;
    const [size, , uncounted] = executions[0] ?? [];
    assert.deepEqual([size, uncounted], [2, 1]);
  });

  it('takes the phases of the execution from the instance', async () => {
    const { pool, executions, clock } = setUp([
      failing(async ([pending], timer) => {
        clock.advanceUs(5);
        timer.inputEnd();
        timer.outputStart(77);
        pending?.finish();
      }),
    ]);
    const startNs = clock.nowNs();
    await pool.runBatch([new CountedRequest()]);
    const times = executions[0]?.[1];
    assert.deepEqual(
      [times?.startNs, times?.inputEndNs, times?.outputStartNs],
      [startNs, startNs + 5000, 77],
    );
  });

  it('fails what an execution that rejects has not finished', async () => {
    const { pool } = setUp([
      failing(async ([first]) => {
        first?.finish();
        throw new InferError('UNAVAILABLE', 'the process died');
      }),
    ]);
    // A request that is finished already must stand being finished again; the server's own ones do.
    const [first, second] = [new CountedRequest(), new CountedRequest()];
    first.finish = function (error) {
      if (!this.finished) CountedRequest.prototype.finish.call(this, error);
    };
    await pool.runBatch([first, second]);
    assert.equal(first.error, undefined);
    assert.equal(second.error?.message, 'the process died');
  });

  it('fails what an instance throws about before it returns a promise', async () => {
    const { pool } = setUp([
      failing(() => {
        throw new Error('broken');
      }),
    ]);
    const pending = new CountedRequest();
    await pool.runBatch([pending]);
    assert.equal(pending.error?.code, 'INTERNAL');
    assert.equal(pending.error?.message, 'broken');
  });

  it('fails what an instance forgets, unless the model is decoupled', async () => {
    for (const decoupled of [false, true]) {
      const { pool } = setUp([failing(async () => {})], decoupled);
      const pending = new CountedRequest();
      await pool.runBatch([pending]);
      assert.equal(pending.finished, !decoupled);
      if (!decoupled) assert.match(pending.error?.message ?? '', /forgot to finish/);
    }
  });

  it('refuses a batch for an instance that does not exist', async () => {
    const { pool } = setUp([new ManualInstance()]);
    const pending = new FakePendingRequest();
    await pool.runBatch([pending], 5);
    assert.equal(pending.error?.code, 'INTERNAL');
  });
});

/** One that prepares batches, and begins with them when the test says so. */
class PreparingInstance extends ManualInstance {
  readonly prepared: (readonly PendingRequest[])[] = [];
  begun = false;

  prepare(batch: readonly PendingRequest[]): () => boolean {
    this.prepared.push(batch);
    return () => !this.begun;
  }
}

describe('the instance pool with instances that prepare batches', () => {
  const request = (source?: CancelSource) =>
    new CountedRequest(source === undefined ? {} : { signal: source });

  it('gives the next batch to the instance that began first, one to each', async () => {
    const [a, b] = [new PreparingInstance(), new PreparingInstance()];
    const { pool, clock } = setUp([a, b]);
    assert.equal(pool.preparesBatch, false, 'an idle instance executes');
    const batches = [0, 1, 2, 3].map(() => [request()]);
    for (const batch of batches) {
      void pool.runBatch(batch);
      clock.advanceUs(1);
    }
    assert.deepEqual([a.prepared, b.prepared], [[batches[2]], [batches[3]]]);
    assert.equal(pool.preparesBatch, false, 'each has one');
    await b.complete();
    assert.equal(b.batches.at(-1), batches[3]);
    assert.equal(pool.preparesBatch, true);
    await a.complete();
    assert.equal(a.batches.at(-1), batches[2]);
    await a.complete();
    await b.complete();
  });

  it('starts to count the execution when the one before has ended', async () => {
    const instance = new PreparingInstance();
    const { pool, executions, clock } = setUp([instance]);
    instance.execute = (batch, timer) => {
      timer?.outputStart(clock.nowNs() + 7000);
      return ManualInstance.prototype.execute.call(instance, batch);
    };
    const [first, second] = [request(), request()];
    void pool.runBatch([first]);
    const endNs = clock.nowNs() + 7000;
    const ended = pool.runBatch([second]);
    const startNs = () => second.times?.startNs;
    assert.equal(startNs(), undefined, 'it is queued');
    clock.advanceUs(50);
    await instance.complete();
    assert.equal(startNs(), endNs);
    await instance.complete();
    await ended;
    assert.equal(executions.length, 2);
  });

  it('gives a batch that has not begun to an instance that has none', async () => {
    const [a, b] = [new PreparingInstance(), new PreparingInstance()];
    const { pool, clock } = setUp([a, b]);
    const batches = [0, 1, 2].map(() => [request()]);
    for (const batch of batches) {
      void pool.runBatch(batch);
      clock.advanceUs(1);
    }
    await b.complete();
    assert.equal(b.batches.at(-1), batches[2]);
    await a.complete();
    assert.equal(a.batches.length, 1);
    await b.complete();
  });

  it('leaves a batch that has begun to its instance', async () => {
    const [a, b] = [new PreparingInstance(), new PreparingInstance()];
    const { pool, clock } = setUp([a, b]);
    const batches = [0, 1, 2].map(() => [request()]);
    for (const batch of batches) {
      void pool.runBatch(batch);
      clock.advanceUs(1);
    }
    a.begun = true;
    await b.complete();
    assert.equal(b.batches.length, 1);
    await a.complete();
    assert.equal(a.batches.at(-1), batches[2]);
    await a.complete();
  });

  it('answers what is cancelled before it begins, and prepares the rest again', async () => {
    const instance = new PreparingInstance();
    const { pool, executions } = setUp([instance]);
    void pool.runBatch([request()]);
    const source = new CancelSource();
    const [cancelled, other] = [request(source), request()];
    const ended = pool.runBatch([cancelled, other]);
    source.cancel();
    assert.equal(cancelled.error?.code, 'CANCELLED');
    assert.equal(cancelled.times, undefined);
    await instance.complete();
    assert.deepEqual(instance.prepared, [[cancelled, other], [other]]);
    assert.deepEqual(instance.batches.at(-1), [other]);
    await instance.complete();
    await ended;
    assert.deepEqual(
      executions.map(([size]) => size),
      [1, 1],
    );
  });

  it('drops a batch of which nothing is left', async () => {
    const instance = new PreparingInstance();
    const { pool } = setUp([instance]);
    void pool.runBatch([request()]);
    const source = new CancelSource();
    const ended = pool.runBatch([request(source), request(source)]);
    source.cancel();
    await ended;
    assert.equal(pool.preparesBatch, true);
    await instance.complete();
    assert.equal(instance.batches.length, 1);
  });

  it('leaves what is cancelled after its beginning to the instance', async () => {
    const instance = new PreparingInstance();
    const { pool } = setUp([instance]);
    void pool.runBatch([request()]);
    const source = new CancelSource();
    const pending = request(source);
    void pool.runBatch([pending]);
    instance.begun = true;
    source.cancel();
    assert.equal(pending.finished, false);
    await instance.complete();
    await instance.complete();
    assert.equal(pending.error, undefined);
  });

  it('asks no instance that is to go, is not ready, or waits for its turns', () => {
    const instance = new PreparingInstance();
    const { pool } = setUp([instance]);
    void pool.runBatch([request()]);
    assert.equal(pool.preparesBatch, true);
    instance.ready = false;
    assert.equal(pool.preparesBatch, false);
    instance.ready = true;
    pool.retire([instance]);
    assert.equal(pool.preparesBatch, false);
    const turns = new RateLimiter([]).register([
      { placement: { deviceId: 0 }, rateLimiter: undefined },
    ]);
    const limited = setUp([new PreparingInstance()], false, turns);
    void limited.pool.runBatch([request()]);
    assert.equal(limited.pool.preparesBatch, false);
  });

  it('lets a retired instance execute what it has prepared', async () => {
    const instance = new PreparingInstance();
    const { pool } = setUp([instance]);
    void pool.runBatch([request()]);
    const ended = pool.runBatch([request()]);
    pool.retire([instance]);
    const removal = pool.remove([instance]);
    await instance.complete();
    await instance.complete();
    await Promise.all([ended, removal]);
  });
});

describe('the instance pool whose instances change', () => {
  it('gives what waits to an instance that is added', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a]);
    void pool.runBatch([new CountedRequest()]);
    const ended = pool.runBatch([new CountedRequest()]);
    pool.add([{ instance: b, turns: undefined }]);
    await Promise.resolve();
    assert.equal(b.batches.length, 1);
    assert.deepEqual(pool.numbers, [0, 1]);
    await b.complete();
    await ended;
  });

  it('lets a retired instance end its batch, and takes it out then', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    void pool.runBatch([new CountedRequest()]);
    pool.retire([a]);
    assert.deepEqual(pool.numbers, [1]);
    let removed = false;
    const removal = pool.remove([a]).then(() => {
      removed = true;
    });
    void pool.runBatch([new CountedRequest()]);
    void pool.runBatch([new CountedRequest()]);
    assert.equal(b.batches.length, 1);
    assert.equal(removed, false);
    await a.complete();
    await removal;
    assert.equal(a.batches.length, 1, 'what waits for any instance is not for this one');
    await b.complete();
    assert.equal(b.batches.length, 2);
  });

  it('lets a retired instance execute what is meant for it', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    pool.retire([a]);
    const ended = pool.runBatch([new CountedRequest()], 0);
    const removal = pool.remove([a]);
    await a.complete();
    await Promise.all([ended, removal]);
    const refused = new CountedRequest();
    await pool.runBatch([refused], 0);
    assert.match(refused.error?.message ?? '', /has no instance 0/);
  });

  it('is ready while one of the instances is that are left', async () => {
    const [a, b] = [new ManualInstance(), new ManualInstance()];
    const { pool } = setUp([a, b]);
    b.ready = false;
    pool.retire([a]);
    await pool.remove([a]);
    assert.equal(pool.ready, false);
  });
});

describe('the instance pool under a rate limiter', () => {
  const ONE_R = { resources: [{ name: 'R', global: true, count: 1 }], priority: 1 };

  /** Two models with an instance each, which share one copy of a resource. */
  function twoModels() {
    const limiter = new RateLimiter([]);
    return [1, 2].map(() => {
      const instance = new ManualInstance();
      const turns = limiter.register([{ placement: { deviceId: 0 }, rateLimiter: ONE_R }]);
      return { instance, turns, ...setUp([instance], false, turns) };
    });
  }

  it('lets an instance execute when another model gives back what it needs', async () => {
    const [a, b] = twoModels();
    assert.ok(a && b);
    void a.pool.runBatch([new CountedRequest()]);
    const ended = b.pool.runBatch([new CountedRequest()]);
    assert.deepEqual([a.instance.batches.length, b.instance.batches.length], [1, 0]);
    await a.instance.complete();
    assert.equal(b.instance.batches.length, 1);
    await b.instance.complete();
    await ended;
  });

  it('gives resources back when an execution fails', async () => {
    const [a, b] = twoModels();
    assert.ok(a && b);
    a.instance.execute = () => Promise.reject(new Error('the process died'));
    const failed = new CountedRequest();
    await a.pool.runBatch([failed]);
    assert.equal(failed.error?.message, 'the process died');
    void b.pool.runBatch([new CountedRequest()]);
    assert.equal(b.instance.batches.length, 1);
  });

  it('lets models take turns that always have a batch waiting', async () => {
    const [a, b] = twoModels();
    assert.ok(a && b);
    for (const { pool } of [a, b]) {
      for (let count = 0; count < 3; count += 1) void pool.runBatch([new CountedRequest()]);
    }
    const order: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      const turn = a.instance.batches.length > order.filter((name) => name === 'a').length;
      order.push(turn ? 'a' : 'b');
      await (turn ? a : b).instance.complete();
    }
    assert.deepEqual(order, ['a', 'b', 'a', 'b', 'a', 'b']);
  });

  it('drops a batch that nobody waits for when its turn comes', async () => {
    const [a, b] = twoModels();
    assert.ok(a && b);
    void a.pool.runBatch([new CountedRequest()]);
    const source = new CancelSource();
    const gone = new CountedRequest({ signal: source });
    const ended = b.pool.runBatch([gone]);
    source.cancel();
    await a.instance.complete();
    await ended;
    assert.equal(gone.error?.code, 'CANCELLED');
    assert.equal(b.instance.batches.length, 0);
    void a.pool.runBatch([new CountedRequest()]);
    assert.equal(a.instance.batches.length, 2);
  });

  it('prefers the free instance that has executed least, by its priority', async () => {
    const [often, rarely] = [new ManualInstance(), new ManualInstance()];
    const turns = new RateLimiter([]).register(
      [1, 3].map((priority) => ({
        placement: { deviceId: 0 },
        rateLimiter: { resources: [], priority },
      })),
    );
    const { pool } = setUp([often, rarely], false, turns);
    for (let count = 0; count < 8; count += 1) {
      const [before] = [often.batches.length];
      void pool.runBatch([new CountedRequest()]);
      await (often.batches.length > before ? often : rarely).complete();
    }
    assert.deepEqual([often.batches.length, rarely.batches.length], [6, 2]);
  });
});

const GROUP: ModelInstanceGroup = {
  name: 'g',
  kind: 'KIND_CPU',
  count: 1,
  rateLimiter: undefined,
  gpus: [],
  secondaryDevices: [],
  profile: [],
  passive: false,
  hostPolicy: '',
};

const EIGHT_CORES: ServerCores = { coreCount: 8, hostPolicies: new Map() };

describe('planInstances', () => {
  function plan(
    groups: readonly Partial<ModelInstanceGroup>[],
    { coreCount, hostPolicies }: ServerCores = EIGHT_CORES,
  ) {
    const instanceGroup = groups.map((group) => ({ ...GROUP, ...group }));
    return planInstances(fakeModelConfig({ instanceGroup }), { coreCount, hostPolicies });
  }

  it('names the copies of each group and shares the cores among all', () => {
    const plans = plan([{ count: 2 }, { name: 'h', kind: 'KIND_MODEL', passive: true }]);
    assert.deepEqual(
      plans.map(({ placement }) => [placement.name, placement.kind, placement.threadCount]),
      [
        ['g_0', 'CPU', 2],
        ['g_1', 'CPU', 2],
        ['h_0', 'MODEL', 2],
      ],
    );
    assert.deepEqual(
      plans.map(({ passive }) => passive),
      [false, false, true],
    );
  });

  it('puts each copy on each GPU, under the same name', () => {
    const plans = plan([{ kind: 'KIND_GPU', gpus: [0, 2], count: 1 }]);
    assert.deepEqual(
      plans.map(({ placement }) => [placement.name, placement.kind, placement.deviceId]),
      [
        ['g_0', 'GPU', 0],
        ['g_0', 'GPU', 2],
      ],
    );
  });

  it('gives each instance at least one thread', () => {
    assert.equal(plan([{ count: 9 }])[0]?.placement.threadCount, 1);
  });

  it('hands on profiles', () => {
    assert.deepEqual(plan([{ profile: ['2', '3'] }])[0]?.placement.profiles, ['2', '3']);
  });

  it('names the host policy of the group, or of its kind', () => {
    const plans = plan([
      { hostPolicy: 'left' },
      {},
      { kind: 'KIND_MODEL' },
      { kind: 'KIND_GPU', gpus: [3] },
    ]);
    assert.deepEqual(
      plans.map(({ placement }) => placement.hostPolicy),
      ['left', 'cpu', 'model', 'gpu_3'],
    );
  });

  it('lets the instances of a host policy share its cores, and the others all cores', () => {
    const hostPolicies = new Map([['left', [0, 1, 2]]]);
    const plans = plan([{ hostPolicy: 'left', count: 2 }, { count: 2 }], {
      coreCount: 8,
      hostPolicies,
    });
    assert.deepEqual(
      plans.map(({ placement }) => [placement.cpuCores, placement.threadCount]),
      [
        [[0, 1, 2], 1],
        [[0, 1, 2], 1],
        [undefined, 4],
        [undefined, 4],
      ],
    );
  });
});

describe('matchInstances', () => {
  const plansOf = (...groups: readonly Partial<ModelInstanceGroup>[]) =>
    planInstances(
      fakeModelConfig({ instanceGroup: groups.map((group) => ({ ...GROUP, ...group })) }),
      EIGHT_CORES,
    );
  const match = (
    before: readonly Partial<ModelInstanceGroup>[],
    after: readonly Partial<ModelInstanceGroup>[],
  ) => {
    const instances = plansOf(...before).map((plan) => ({ plan }));
    const { kept, gone, missing } = matchInstances(instances, plansOf(...after));
    return [kept.length, gone.length, missing.length];
  };

  it('keeps equal instances, whatever their names and numbers of threads are', () => {
    assert.deepEqual(match([{ count: 2 }], [{ name: 'h', count: 3 }]), [2, 0, 1]);
    assert.deepEqual(match([{ count: 3 }], [{ count: 1 }]), [1, 2, 0]);
  });

  it('replaces those that differ in anything else', () => {
    const resources = [{ name: 'R', global: false, count: 1 }];
    const changes: readonly Partial<ModelInstanceGroup>[] = [
      { kind: 'KIND_MODEL' },
      { profile: ['1'] },
      { hostPolicy: 'left' },
      { passive: true },
      { rateLimiter: { resources, priority: 1 } },
    ];
    for (const change of changes) assert.deepEqual(match([{}], [change]), [0, 1, 1]);
  });
});

describe('createInstances', () => {
  it('closes the others when one fails, and tells why', async () => {
    const made: ManualInstance[] = [];
    const model = {
      createInstance: async ({ name }: { name: string }) => {
        if (name === 'g_1') throw new InferError('INTERNAL', 'no memory for g_1');
        const instance = new ManualInstance();
        made.push(instance);
        return instance;
      },
      close: async () => {},
    };
    const plans = planInstances(
      fakeModelConfig({ instanceGroup: [{ ...GROUP, count: 3 }] }),
      EIGHT_CORES,
    );
    await assert.rejects(createInstances(model, plans, silentLogger), /no memory for g_1/);
    assert.deepEqual(
      made.map(({ closed }) => closed),
      [true, true],
    );
  });

  it('closes all instances even if one does not close cleanly', async () => {
    const good = new ManualInstance();
    const bad = { execute: good.execute, close: () => Promise.reject(new Error('stuck')) };
    const plans = planInstances(
      fakeModelConfig({ instanceGroup: [{ ...GROUP, count: 2 }] }),
      EIGHT_CORES,
    );
    const created = plans.map((plan, index) => ({ plan, instance: index === 0 ? bad : good }));
    await closeInstances(created, silentLogger);
    assert.ok(good.closed);
  });
});
