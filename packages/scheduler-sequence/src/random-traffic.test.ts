import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CancelSignal,
  CancelSource,
  type ModelSequenceBatching,
  type PendingRequest,
} from '@nereid/core';
import {
  FakeClock,
  FakePendingRequest,
  FakeSchedulerContext,
  fakeModelConfig,
} from '@nereid/testing';
import plugin from './sequence-plugin.js';

const ROUNDS = 2000;
/** The last so many requests are looked at, and may be cancelled. */
const RECENT = 30;
const INSTANCES = 2;
const SLOTS = 3;

const BATCHING: ModelSequenceBatching = {
  direct: undefined,
  oldest: undefined,
  maxSequenceIdleMicroseconds: 400,
  controlInput: [],
  state: [],
  iterativeSequence: false,
};

const OLDEST: NonNullable<ModelSequenceBatching['oldest']> = {
  maxCandidateSequences: SLOTS,
  preferredBatchSize: [2],
  maxQueueDelayMicroseconds: 20,
  preserveOrdering: false,
};

/** Numbers from 0 to 1, the same for every run (a linear congruential generator). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Clients that start, continue, end, cancel and forget sequences, and a clock that goes on. */
class RandomTraffic {
  readonly context: FakeSchedulerContext;
  readonly #clock = new FakeClock();
  readonly #random: () => number;
  readonly #scheduler;
  readonly #requests: FakePendingRequest[] = [];
  readonly #sources: CancelSource[] = [];

  constructor(batching: ModelSequenceBatching, seed: number) {
    const config = fakeModelConfig({ maxBatchSize: SLOTS, sequenceBatching: batching });
    this.#random = randomNumbers(seed);
    this.context = new FakeSchedulerContext({
      config,
      clock: this.#clock,
      instanceCount: INSTANCES,
    });
    this.#scheduler = plugin.createScheduler(this.context);
  }

  async run(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) await this.#step();
    const stopped = this.#scheduler.stop();
    await this.context.completeAll();
    await stopped;
    assert.ok(this.#requests.every(({ finished }) => finished));
    assert.equal(this.#scheduler.inflightCount, 0);
    assert.equal(this.#scheduler.pendingCount, 0);
    assert.equal(this.#clock.scheduledCount, 0);
  }

  /** The requests that were executed, by the outcome that a scheduler can give them. */
  counts() {
    const answered = this.#requests.filter(({ error }) => !error).length;
    const codes = new Set(this.#requests.map(({ error }) => error?.code));
    return { answered, codes };
  }

  async #step(): Promise<void> {
    const choice = this.#random();
    if (choice < 0.6) this.#send();
    else if (choice < 0.85 && this.context.runningCount > 0) await this.context.completeBatch();
    else if (choice < 0.95) this.#clock.advanceUs(Math.floor(this.#random() * 60));
    else this.#sources.at(-1 - Math.floor(this.#random() * RECENT))?.cancel();
    const waiting = this.#requests.slice(-RECENT).filter(({ finished }) => !finished).length;
    assert.ok(this.#scheduler.inflightCount >= waiting);
  }

  #send(): void {
    const signal = new CancelSource();
    const pending = new FakePendingRequest({
      id: String(this.#requests.length),
      signal,
      timeoutUs: this.#random() < 0.3 ? 100 : 0,
      sequence: {
        correlationId: BigInt(1 + Math.floor(this.#random() * 12)),
        start: this.#random() < 0.3,
        end: this.#random() < 0.25,
      },
    });
    this.#requests.push(pending);
    this.#sources.push(signal);
    this.#scheduler.enqueue(pending);
  }
}

/** `last` has the last request of each sequence, which is known by the signal all of its share. */
function checkBatch(batch: readonly PendingRequest[], last: Map<CancelSignal, number>): void {
  assert.ok(batch.length <= SLOTS);
  const real = batch.filter(({ placeholder }) => !placeholder);
  assert.ok(real.length > 0);
  assert.ok(!batch.at(-1)?.placeholder);
  for (const { request } of real) {
    assert.ok(Number(request.id) > (last.get(request.signal) ?? -1), `order of ${request.id}`);
    last.set(request.signal, Number(request.id));
  }
}

describe('random traffic', () => {
  for (const [name, batching] of [
    ['direct', BATCHING],
    [
      'direct with a utilization to reach',
      { ...BATCHING, direct: { maxQueueDelayMicroseconds: 30, minimumSlotUtilization: 0.6 } },
    ],
    ['oldest', { ...BATCHING, oldest: OLDEST }],
  ] as const) {
    for (const seed of [1, 2, 3]) {
      it(`is answered in order and leaves nothing behind, ${name}, seed ${seed}`, async () => {
        const traffic = new RandomTraffic(batching, seed);
        await traffic.run();
        const last = new Map<CancelSignal, number>();
        for (const batch of traffic.context.batches) checkBatch(batch, last);
        const { answered, codes } = traffic.counts();
        assert.ok(answered > ROUNDS / 10, `${answered} requests were answered`);
        for (const code of ['CANCELLED', 'INVALID_ARG', 'UNAVAILABLE'] as const) {
          assert.ok(codes.has(code), `no request ended as ${code}`);
        }
      });
    }
  }
});
