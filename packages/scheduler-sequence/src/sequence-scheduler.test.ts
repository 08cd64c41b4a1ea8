import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CancelSource,
  type ModelConfig,
  type ModelSequenceBatching,
  type PendingRequest,
  type SequenceControl,
  type SequencePosition,
  type Tensor,
} from '@nereid/core';
import {
  CollectingLogger,
  describeScheduler,
  FakeClock,
  FakePendingRequest,
  type FakeRequestOptions,
  FakeSchedulerContext,
  fakeInputConfig,
  fakeModelConfig,
  fp32Tensor,
  fp32Values,
} from '@nereid/testing';
import plugin from './sequence-plugin.js';

type Strategy = Partial<Pick<ModelSequenceBatching, 'direct' | 'oldest'>>;

const CONTROL = { int32FalseTrue: [], fp32FalseTrue: [], boolFalseTrue: [] } as const;

function control(kind: SequenceControl['kind'], written: Partial<SequenceControl> = {}) {
  return { kind, ...CONTROL, dataType: 'TYPE_INVALID', ...written } satisfies SequenceControl;
}

function sequenceConfig(
  batching: Partial<ModelSequenceBatching> = {},
  config: Partial<ModelConfig> = {},
): ModelConfig {
  return fakeModelConfig({
    maxBatchSize: 4,
    input: [fakeInputConfig()],
    ...config,
    sequenceBatching: {
      direct: undefined,
      oldest: undefined,
      maxSequenceIdleMicroseconds: 1000,
      controlInput: [
        { name: 'START', control: [control('CONTROL_SEQUENCE_START', { int32FalseTrue: [0, 1] })] },
        { name: 'END', control: [control('CONTROL_SEQUENCE_END', { int32FalseTrue: [0, 1] })] },
        { name: 'READY', control: [control('CONTROL_SEQUENCE_READY', { int32FalseTrue: [0, 1] })] },
        {
          name: 'CORRID',
          control: [control('CONTROL_SEQUENCE_CORRID', { dataType: 'TYPE_UINT64' })],
        },
      ],
      state: [],
      iterativeSequence: false,
      ...batching,
    },
  });
}

const OLDEST: NonNullable<ModelSequenceBatching['oldest']> = {
  maxCandidateSequences: 8,
  preferredBatchSize: [4],
  maxQueueDelayMicroseconds: 0,
  preserveOrdering: false,
};

const STRATEGIES: readonly (readonly [string, Strategy])[] = [
  ['direct', { direct: { maxQueueDelayMicroseconds: 0, minimumSlotUtilization: 0 } }],
  ['oldest', { oldest: OLDEST }],
];

/** `s` starts, `e` ends, `se` does both. */
type Flags = '' | 's' | 'e' | 'se';

function at(correlationId: bigint | string, flags: Flags): SequencePosition {
  return { correlationId, start: flags.includes('s'), end: flags.includes('e') };
}

function setUp(config: ModelConfig, instanceCount = 1) {
  const clock = new FakeClock();
  const context = new FakeSchedulerContext({ config, clock, instanceCount });
  const scheduler = plugin.createScheduler(context);
  const send = (id: string, sequence: SequencePosition, options: FakeRequestOptions = {}) => {
    const input = fp32Tensor('INPUT', [1, 1], [1]);
    const pending = new FakePendingRequest({ inputs: [input], ...options, id, sequence });
    scheduler.enqueue(pending);
    return pending;
  };
  return { clock, context, scheduler, send };
}

function inputOf(pending: PendingRequest | undefined, name: string): Tensor {
  const tensor = pending?.request.inputs.find((input) => input.name === name);
  assert.ok(tensor, `the request has no input ${name}`);
  return tensor;
}

function int32Of(pending: PendingRequest | undefined, name: string): number {
  const { data, datatype } = inputOf(pending, name);
  assert.equal(datatype, 'INT32');
  return new DataView(data.buffer, data.byteOffset).getInt32(0, true);
}

function controlsOf(pending: PendingRequest | undefined) {
  const { data } = inputOf(pending, 'CORRID');
  const id = new DataView(data.buffer, data.byteOffset).getBigUint64(0, true);
  return [...['START', 'END', 'READY'].map((name) => int32Of(pending, name)), Number(id)];
}

for (const [name, strategy] of STRATEGIES) {
  describeScheduler(`the sequence batcher with the ${name} strategy`, () => ({
    plugin,
    config: sequenceConfig(strategy),
    request: (index) => ({ sequence: at(BigInt(index + 1), 'se') }),
  }));

  describe(`the sequence batcher with the ${name} strategy`, () => {
    it('runs the requests of a sequence one after the other, with their controls', async () => {
      const { context, send } = setUp(sequenceConfig(strategy));
      send('a', at(7n, 's'));
      send('b', at(7n, ''));
      send('c', at(7n, 'e'));
      await context.completeAll();
      assert.deepEqual(context.batchIds, [['a'], ['b'], ['c']]);
      const controls = context.batches.map(([pending]) => controlsOf(pending));
      assert.deepEqual(controls, [
        [1, 0, 1, 7],
        [0, 0, 1, 7],
        [0, 1, 1, 7],
      ]);
      assert.deepEqual(inputOf(context.batches[0]?.[0], 'START').shape, [1, 1]);
    });

    it('batches requests of different sequences', async () => {
      const { context, send } = setUp(sequenceConfig(strategy));
      send('a0', at(1n, 's'));
      for (const id of ['b', 'c']) send(`${id}0`, at(id === 'b' ? 2n : 3n, 's'));
      send('a1', at(1n, ''));
      await context.completeAll();
      assert.deepEqual(context.batchIds[0], ['a0']);
      assert.deepEqual(context.batchIds[1]?.toSorted(), ['a1', 'b0', 'c0']);
    });

    it('sends all requests of a sequence to one instance', async () => {
      const { context, send } = setUp(sequenceConfig(strategy), 2);
      const instances: (number | undefined)[] = [];
      const runBatch = context.runBatch.bind(context);
      context.runBatch = (batch, instance) => {
        instances.push(instance);
        return runBatch(batch, instance);
      };
      send('a0', at(1n, 's'));
      send('b0', at(2n, 's'));
      await context.completeAll();
      for (const flags of ['', 'e'] as const) {
        send('a', at(1n, flags));
        await context.completeAll();
      }
      assert.deepEqual(instances, [0, 1, 0, 0]);
    });

    it('lets a sequence wait for a slot, and gives it the first that is free', async () => {
      const oldest = { ...OLDEST, maxCandidateSequences: 1 };
      const batching = strategy.oldest ? { oldest } : strategy;
      const { context, scheduler, send } = setUp(sequenceConfig(batching, { maxBatchSize: 1 }));
      send('a0', at(1n, 's'));
      send('b0', at(2n, 's'));
      send('b1', at(2n, 'e'));
      send('c0', at('c4', 'se'));
      await context.completeAll();
      assert.deepEqual(context.batchIds, [['a0']]);
      assert.equal(scheduler.pendingCount, 3);
      send('a1', at(1n, 'e'));
      await context.completeAll();
      assert.deepEqual(context.batchIds.slice(1), [['a1'], ['b0'], ['b1'], ['c0']]);
      assert.equal(scheduler.inflightCount, 0);
    });

    it('refuses a sequence that waits for a slot longer than one of its requests may', async () => {
      const oldest = { ...OLDEST, maxCandidateSequences: 1 };
      const batching = strategy.oldest ? { oldest } : strategy;
      const { clock, context, scheduler, send } = setUp(
        sequenceConfig({ ...batching, maxSequenceIdleMicroseconds: 1e9 }, { maxBatchSize: 1 }),
      );
      send('a0', at(1n, 's'));
      await context.completeAll();
      const waiting = [
        send('b0', at(2n, 's'), { timeoutUs: 500 }),
        send('b1', at(2n, ''), { timeoutUs: 100 }),
        send('b2', at(2n, ''), { timeoutUs: 900 }),
      ];
      clock.advanceUs(99);
      assert.ok(waiting.every(({ finished }) => !finished));
      clock.advanceUs(1);
      for (const { error } of waiting) {
        assert.equal(error?.code, 'UNAVAILABLE');
        assert.equal(error.message, 'timeout of the corresponding sequence has been expired');
      }
      assert.match(send('b3', at(2n, '')).error?.message ?? '', /must specify the START flag/);
      assert.equal(scheduler.inflightCount, 0);
      assert.equal(clock.scheduledCount, 1);
    });

    it('does not let a timeout end a sequence that has got its slot', async () => {
      const { clock, context, send } = setUp(sequenceConfig(strategy));
      send('a0', at(1n, 's'), { timeoutUs: 10 });
      const next = send('a1', at(1n, 'e'), { timeoutUs: 10 });
      clock.advanceUs(500);
      await context.completeAll();
      assert.deepEqual([next.finished, next.error], [true, undefined]);
    });

    it('ends a sequence that is idle for too long, and gives its slot to another', async () => {
      const oldest = { ...OLDEST, maxCandidateSequences: 1 };
      const batching = strategy.oldest ? { oldest } : strategy;
      const { clock, context, send } = setUp(sequenceConfig(batching, { maxBatchSize: 1 }));
      send('a0', at(1n, 's'));
      await context.completeAll();
      const waiting = send('b0', at(2n, 'se'));
      clock.advanceUs(999);
      assert.equal(context.runningCount, 0);
      clock.advanceUs(1);
      await context.completeAll();
      assert.equal(waiting.finished, true);
      assert.match(send('a1', at(1n, '')).error?.message ?? '', /sequence 1 to model 'model' must/);
    });

    it('keeps a sequence alive as long as requests come, or execute', async () => {
      const { clock, context, send } = setUp(sequenceConfig(strategy));
      send('a0', at(1n, 's'));
      clock.advanceUs(5000);
      await context.completeAll();
      for (let index = 1; index < 5; index += 1) {
        clock.advanceUs(900);
        assert.equal(send(`a${index}`, at(1n, '')).error, undefined);
        await context.completeAll();
      }
    });

    it('cancels the sequence of a request that is cancelled while it waits', async () => {
      const source = new CancelSource();
      const { context, scheduler, send } = setUp(sequenceConfig(strategy));
      const executing = send('a0', at(1n, 's'));
      const second = send('a1', at(1n, ''));
      const third = send('a2', at(1n, ''), { signal: source });
      source.cancel();
      assert.deepEqual([second.error?.code, third.error?.code], ['CANCELLED', 'CANCELLED']);
      assert.equal(executing.finished, false);
      assert.equal(context.batches[0]?.[0]?.request.signal.cancelled, true);
      await context.completeAll();
      assert.deepEqual([executing.error, scheduler.inflightCount], [undefined, 0]);
      assert.match(send('a3', at(1n, '')).error?.message ?? '', /must specify the START flag/);
      send('a4', at(1n, 'se'));
      await context.completeAll();
      assert.deepEqual(context.batchIds, [['a0'], ['a4']]);
    });

    it('frees the slot of a cancelled sequence', async () => {
      const source = new CancelSource();
      const oldest = { ...OLDEST, maxCandidateSequences: 1 };
      const batching = strategy.oldest ? { oldest } : strategy;
      const { context, send } = setUp(sequenceConfig(batching, { maxBatchSize: 1 }));
      send('a0', at(1n, 's'), { signal: source });
      const waiting = send('b0', at(2n, 'se'));
      source.cancel();
      await context.completeAll();
      assert.deepEqual(context.batchIds, [['a0'], ['b0']]);
      assert.equal(waiting.error, undefined);
    });

    it('cancels a sequence in the backlog', async () => {
      const source = new CancelSource();
      const oldest = { ...OLDEST, maxCandidateSequences: 1 };
      const batching = strategy.oldest ? { oldest } : strategy;
      const { context, scheduler, send } = setUp(sequenceConfig(batching, { maxBatchSize: 1 }));
      send('a0', at(1n, 's'));
      const waiting = [send('b0', at(2n, 's'), { signal: source }), send('b1', at(2n, 'e'))];
      send('c0', at(3n, 'se'));
      source.cancel();
      assert.deepEqual(
        waiting.map(({ error }) => error?.code),
        ['CANCELLED', 'CANCELLED'],
      );
      send('a1', at(1n, 'e'));
      await context.completeAll();
      assert.deepEqual(context.batchIds, [['a0'], ['a1'], ['c0']]);
      assert.equal(scheduler.inflightCount, 0);
    });

    it('leaves a sequence alone whose client goes away between two requests', async () => {
      const source = new CancelSource();
      const { context, send } = setUp(sequenceConfig(strategy));
      send('a0', at(1n, 's'), { signal: source });
      await context.completeAll();
      source.cancel();
      const next = send('a1', at(1n, ''));
      await context.completeAll();
      assert.deepEqual([next.finished, next.error], [true, undefined]);
    });

    it('begins anew at a START, behind the requests that are queued, and warns', async () => {
      const { context, send } = setUp(sequenceConfig(strategy));
      const logger = new CollectingLogger();
      Object.assign(context, { logger });
      send('a0', at(1n, 's'));
      send('a1', at(1n, ''));
      send('b0', at(1n, 's'));
      send('b1', at(1n, 'e'));
      await context.completeAll();
      assert.deepEqual(context.batchIds, [['a0'], ['a1'], ['b0'], ['b1']]);
      assert.deepEqual(
        context.batches.map(([pending]) => int32Of(pending, 'START')),
        [1, 0, 1, 0],
      );
      const [line] = logger.lines;
      assert.equal(line?.level, 'warn');
      assert.match(line.message, /^sequence 1 for model 'model' has a conflict\. The previous/);
    });

    it('starts another sequence with the ID of one that has got its END', async () => {
      const { context, send } = setUp(sequenceConfig(strategy));
      send('a0', at(1n, 's'));
      send('a1', at(1n, 'e'));
      send('b0', at(1n, 's'));
      const tooEarly = send('b1', at(1n, 'e'));
      await context.completeAll();
      const executed = context.batchIds.flat().filter((id) => id !== '');
      assert.deepEqual(executed.toSorted(), ['a0', 'a1', 'b0', 'b1']);
      assert.equal(tooEarly.error, undefined);
    });

    it('finishes what is queued when stopped, also of sequences without an END', async () => {
      const oldest = { ...OLDEST, maxCandidateSequences: 1 };
      const batching = strategy.oldest ? { oldest } : strategy;
      const { clock, context, scheduler, send } = setUp(
        sequenceConfig(batching, { maxBatchSize: 1 }),
      );
      const requests = [send('a0', at(1n, 's')), send('a1', at(1n, '')), send('b0', at(2n, 's'))];
      const stopped = scheduler.stop();
      await context.completeAll();
      await stopped;
      assert.ok(requests.every(({ finished, error }) => finished && !error));
      assert.equal(clock.scheduledCount, 0);
    });
  });
}

describe('the direct strategy', () => {
  const [, DIRECT] = STRATEGIES[0] ?? ['', {}];

  it('keeps each sequence in its row, and fills the rows without a request', async () => {
    const { context, send } = setUp(sequenceConfig(DIRECT));
    send('a0', at(1n, 's'));
    for (const id of [2n, 3n]) send(`${id}`, at(id, 's'));
    await context.completeAll();
    send('c1', at(3n, 'e'));
    await context.completeAll();
    const [first, second, third] = context.batches.at(-1) ?? [];
    assert.deepEqual(context.batchIds.at(-1), ['', '', 'c1']);
    for (const filler of [first, second]) {
      assert.equal(filler?.placeholder, true);
      assert.deepEqual(controlsOf(filler), [0, 0, 0, 0]);
      assert.deepEqual(filler.request.sequence, at(0n, ''));
      assert.deepEqual(fp32Values(inputOf(filler, 'INPUT')), [0]);
      assert.deepEqual(inputOf(filler, 'INPUT').shape, [1, 1]);
    }
    assert.deepEqual(controlsOf(third), [0, 1, 1, 3]);
  });

  it('uses the false value of READY in a row that is filled, whatever it is', async () => {
    const ready = control('CONTROL_SEQUENCE_READY', { fp32FalseTrue: [5, 6] });
    const config = sequenceConfig({
      ...DIRECT,
      controlInput: [{ name: 'READY', control: [ready] }],
    });
    const { context, send } = setUp(config);
    send('a0', at(1n, 's'));
    send('b0', at(2n, 's'));
    await context.completeAll();
    send('b1', at(2n, ''));
    const [filler, real] = context.batches.at(-1) ?? [];
    assert.deepEqual(fp32Values(inputOf(filler, 'READY')), [5]);
    assert.deepEqual(fp32Values(inputOf(real, 'READY')), [6]);
  });

  it('gives the row of a sequence that ends to the next one at once', async () => {
    const { context, send } = setUp(sequenceConfig(DIRECT));
    send('a', at(1n, 'se'));
    send('b', at(2n, 's'));
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a'], ['b']]);
  });

  it('waits for more slots to be used, but not for too long', async () => {
    const direct = { maxQueueDelayMicroseconds: 100, minimumSlotUtilization: 0.75 };
    const { clock, context, send } = setUp(sequenceConfig({ direct }));
    send('a0', at(1n, 's'));
    send('b0', at(2n, 's'));
    clock.advanceUs(99);
    assert.equal(context.batches.length, 0);
    clock.advanceUs(1);
    assert.deepEqual(context.batchIds, [['a0', 'b0']]);
    await context.completeAll();
    send('a1', at(1n, ''));
    send('b1', at(2n, ''));
    assert.equal(context.batches.length, 1);
    send('c0', at(3n, 's'));
    assert.deepEqual(context.batchIds.at(-1), ['a1', 'b1', 'c0']);
  });

  it('waits for no more slots once stopped', async () => {
    const direct = { maxQueueDelayMicroseconds: 1e6, minimumSlotUtilization: 1 };
    const { context, scheduler, send } = setUp(sequenceConfig({ direct }));
    const pending = send('a0', at(1n, 's'));
    const stopped = scheduler.stop();
    await context.completeAll();
    await stopped;
    assert.equal(pending.finished, true);
  });

  it('leaves requests of another shape to the next batch', async () => {
    const input = [fakeInputConfig({ dims: [-1] })];
    const { context, send } = setUp(sequenceConfig(DIRECT, { input }));
    const wide = { inputs: [fp32Tensor('INPUT', [1, 2], [1, 2])] };
    send('a0', at(1n, 's'));
    send('a1', at(1n, 'e'), wide);
    send('b0', at(2n, 'se'));
    send('c0', at(3n, 'se'), wide);
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a0'], ['a1', '', 'c0'], ['', 'b0']]);
    const [, filler] = context.batches[1] ?? [];
    assert.deepEqual(inputOf(filler, 'INPUT').shape, [1, 2]);
  });
});

describe('the oldest strategy', () => {
  it('waits for a preferred size', async () => {
    const oldest = { ...OLDEST, preferredBatchSize: [3], maxQueueDelayMicroseconds: 100 };
    const { clock, context, send } = setUp(sequenceConfig({ oldest }));
    send('a0', at(1n, 's'));
    send('a1', at(1n, ''));
    send('b0', at(2n, 's'));
    assert.equal(context.batches.length, 0);
    send('c0', at(3n, 's'));
    assert.deepEqual(context.batchIds, [['a0', 'b0', 'c0']]);
    await context.completeAll();
    clock.advanceUs(100);
    assert.deepEqual(context.batchIds.slice(1), [['a1']]);
  });

  it('takes no more than so many sequences in hand', async () => {
    const oldest = { ...OLDEST, maxCandidateSequences: 2 };
    const { context, scheduler, send } = setUp(sequenceConfig({ oldest }));
    for (const id of [1n, 2n, 3n]) send(`${id}`, at(id, 's'));
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['1'], ['2']]);
    assert.equal(scheduler.pendingCount, 1);
  });

  it('has max_batch_size candidates unless configured', async () => {
    const oldest = { ...OLDEST, maxCandidateSequences: 0 };
    const { context, send } = setUp(sequenceConfig({ oldest }, { maxBatchSize: 2 }));
    for (const id of [1n, 2n, 3n]) send(`${id}`, at(id, 's'));
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['1'], ['2']]);
  });

  it('takes a request back from the batcher when its sequence is cancelled', async () => {
    const source = new CancelSource();
    const { context, scheduler, send } = setUp(sequenceConfig({ oldest: OLDEST }));
    send('a0', at(1n, 's'));
    const inBatcher = send('b0', at(2n, 's'));
    send('b1', at(2n, ''), { signal: source });
    source.cancel();
    assert.equal(inBatcher.error?.code, 'CANCELLED');
    assert.equal(scheduler.inflightCount, 1);
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a0']]);
  });

  it('keeps the order of responses when asked to', async () => {
    const oldest = { ...OLDEST, preserveOrdering: true };
    const { context, send } = setUp(sequenceConfig({ oldest }, { maxBatchSize: 1 }));
    const executed: PendingRequest[] = [];
    // As with a decoupled model, whose requests outlast their execution.
    context.runBatch = async (batch) => {
      executed.push(...batch);
    };
    const requests = [send('a', at(1n, 'se')), send('b', at(2n, 'se'))];
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(executed.length, 2);
    for (const pending of executed.toReversed()) {
      pending.respond({ outputs: [] });
      pending.finish();
      const answered = requests.map(({ responses }) => responses.length);
      assert.deepEqual(answered, pending === executed[0] ? [1, 1] : [0, 0]);
    }
    assert.ok(requests.every(({ finished }) => finished));
  });
});

describe('iterative sequences', () => {
  for (const [name, strategy] of STRATEGIES) {
    it(`execute a request until the model answers it, with the ${name} strategy`, async () => {
      const { context, scheduler } = setUp(
        sequenceConfig({ ...strategy, iterativeSequence: true }),
      );
      const requests = ['a', 'b'].map((id) => new FakePendingRequest({ id }));
      for (const pending of requests) scheduler.enqueue(pending);
      const controls: number[][] = [];
      for (let round = 0; round < 3; round += 1) {
        const pending = context.batches[round]?.find(({ request }) => request.id === 'a');
        controls.push(controlsOf(pending));
        if (round < 2) pending?.reschedule?.();
        await context.completeBatch();
        assert.equal(requests[0]?.finished, round === 2);
      }
      await context.completeAll();
      // The first START is alone in its batch; neither START nor END is told again.
      assert.deepEqual(controls, [
        [1, 0, 1, 1],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
      ]);
      assert.ok(requests.every(({ finished, error }) => finished && !error));
      assert.equal(scheduler.inflightCount, 0);
    });
  }

  it('end with their request, so that their slots are free', async () => {
    const { context, scheduler } = setUp(
      sequenceConfig({ iterativeSequence: true }, { maxBatchSize: 1 }),
    );
    for (const id of ['a', 'b', 'c']) scheduler.enqueue(new FakePendingRequest({ id }));
    await context.completeAll();
    assert.deepEqual(context.batchIds, [['a'], ['b'], ['c']]);
  });

  it('end when their request is cancelled between two executions', async () => {
    const source = new CancelSource();
    const { context, scheduler } = setUp(sequenceConfig({ iterativeSequence: true }));
    const pending = new FakePendingRequest({ signal: source });
    scheduler.enqueue(pending);
    context.batches[0]?.[0]?.reschedule?.();
    source.cancel();
    assert.equal(pending.finished, false);
    await context.completeAll();
    assert.equal(pending.error?.code, 'CANCELLED');
    assert.equal(context.batches.length, 1);
    assert.equal(scheduler.inflightCount, 0);
  });

  it('fail when a later execution forgets the request', async () => {
    const { context, scheduler } = setUp(sequenceConfig({ iterativeSequence: true }));
    const pending = new FakePendingRequest();
    let executions = 0;
    context.runBatch = async ([request]) => {
      executions += 1;
      if (executions === 1) request?.reschedule?.();
    };
    scheduler.enqueue(pending);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(executions, 2);
    assert.match(pending.error?.message ?? '', /'model' forgot to finish the request/);
  });

  it('are no option for models that do not have them', () => {
    const { context, send } = setUp(sequenceConfig());
    send('a', at(1n, 's'));
    assert.equal(context.batches[0]?.[0]?.reschedule, undefined);
  });
});

describe('the sequence batcher refuses', () => {
  const cases: readonly (readonly [string, FakeRequestOptions, string])[] = [
    [
      'a request without a correlation ID',
      {},
      "inference request to model 'model' must specify a non-zero or non-empty correlation ID",
    ],
    [
      'a batch',
      { batchSize: 2, sequence: at(1n, 's') },
      "inference request to model 'model' must specify batch-size 1 due to requirements of " +
        'sequence batcher',
    ],
    [
      'the middle of a sequence that did not start',
      { sequence: at(18446744073709551615n, '') },
      "inference request for sequence 18446744073709551615 to model 'model' must specify the " +
        'START flag on the first request of the sequence',
    ],
    [
      'a long string where the model wants a number',
      { sequence: at('seven', 's') },
      "[request id: <id_unknown>] sequence batching control 'CORRID' data-type is 'BYTES', but " +
        "model 'model' expects 'UINT64'",
    ],
  ];
  for (const [what, options, message] of cases) {
    it(what, () => {
      const { context, scheduler } = setUp(sequenceConfig());
      const pending = new FakePendingRequest(options);
      scheduler.enqueue(pending);
      assert.deepEqual([pending.error?.code, pending.error?.message], ['INVALID_ARG', message]);
      assert.equal(context.batches.length, 0);
      assert.equal(scheduler.inflightCount, 0);
    });
  }
});

describe('the sequence batcher whose instances change', () => {
  it('gives sequences in the backlog to an instance that is added', async () => {
    const { context, scheduler, send } = setUp(sequenceConfig({}, { maxBatchSize: 1 }));
    send('a', at(1n, 's'));
    send('b', at(2n, 's'));
    assert.deepEqual(context.batchIds, [['a']]);
    await scheduler.changeInstances?.([0, 1]);
    assert.deepEqual(context.batchIds, [['a'], ['b']]);
    await context.completeAll();
  });

  it('lets running sequences go on where they are, and starts none there', async () => {
    const { context, scheduler, send } = setUp(sequenceConfig({}, { maxBatchSize: 1 }), 2);
    send('first', at(1n, 's'));
    send('second', at(2n, 's'));
    await context.completeAll();
    const instances: (number | undefined)[] = [];
    const { runBatch } = context;
    context.runBatch = (batch, instance) => {
      instances.push(instance);
      return runBatch.call(context, batch, instance);
    };
    let left = false;
    const change = scheduler.changeInstances?.([1, 2]).then(() => {
      left = true;
    });
    send('on', at(1n, ''));
    await context.completeAll();
    assert.deepEqual(instances, [0]);
    assert.equal(left, false);
    send('end', at(1n, 'e'));
    await context.completeAll();
    await change;
    for (const id of [3n, 4n]) send(String(id), at(id, 's'));
    await context.completeAll();
    assert.deepEqual(instances, [0, 0, 2], 'the fourth sequence waits for a slot');
  });

  it('leaves an instance at once that has no sequence', async () => {
    const { scheduler, send, context } = setUp(sequenceConfig(), 2);
    send('a', at(1n, 's'));
    await context.completeAll();
    await scheduler.changeInstances?.([0]);
    send('b', at(2n, 's'));
    assert.deepEqual(context.batches.length, 2);
    await context.completeAll();
  });

  it('leaves an instance that is to go when it is stopped', async () => {
    const { context, scheduler, send } = setUp(sequenceConfig());
    send('idle', at(1n, 's'));
    await context.completeAll();
    send('runs', at(2n, 's'));
    const change = scheduler.changeInstances?.([1]);
    const stop = scheduler.stop();
    await context.completeAll();
    await Promise.all([change, stop]);
  });

  it('leaves an instance whose last sequence goes silent', async () => {
    const { clock, scheduler, send, context } = setUp(sequenceConfig());
    send('a', at(1n, 's'));
    await context.completeAll();
    const change = scheduler.changeInstances?.([1]);
    clock.advanceUs(1000);
    await change;
  });
});

describe('ending the sequences', () => {
  it('takes no new ones, and waits for the others to end', async () => {
    const { context, scheduler, send } = setUp(sequenceConfig());
    send('start', at(1n, 's'));
    await context.completeAll();
    let ended = false;
    const end = scheduler.endSequences?.().then(() => {
      ended = true;
    });
    const refused = send('new', at(2n, 's'));
    assert.equal(refused.error?.code, 'UNAVAILABLE');
    assert.match(refused.error?.message ?? '', /has stopped accepting new inference requests/);
    const unknown = send('unknown', at(3n, ''));
    assert.match(unknown.error?.message ?? '', /must specify the START flag/);
    const on = send('on', at(1n, ''));
    await context.completeAll();
    assert.deepEqual([on.finished, on.error, ended], [true, undefined, false]);
    const last = send('end', at(1n, 'e'));
    assert.equal(ended, false);
    await context.completeAll();
    await end;
    assert.equal(last.error, undefined);
  });

  it('waits no longer for a sequence than it may be idle', async () => {
    const { clock, context, scheduler, send } = setUp(sequenceConfig());
    send('start', at(1n, 's'));
    await context.completeAll();
    const end = scheduler.endSequences?.();
    clock.advanceUs(1000);
    await end;
    await scheduler.stop();
  });

  it('is done at once without any', async () => {
    await setUp(sequenceConfig()).scheduler.endSequences?.();
  });
});
