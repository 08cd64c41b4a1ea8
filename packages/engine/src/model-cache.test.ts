import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CancelSource, type ModelResponse, silentLogger } from '@nereid/core';
import {
  FakeClock,
  type FakeRequestOptions,
  fakeInferenceRequest,
  fp32Tensor,
} from '@nereid/testing';
import { GuardedCache } from './guarded-cache.js';
import { ModelCache } from './model-cache.js';
import type { CacheMiss } from './tracked-request.js';

const ANSWER: ModelResponse = { outputs: [fp32Tensor('OUT', [1], [7])] };
const INPUTS = [fp32Tensor('IN', [1], [1])];

/** A cache that answers when `open` is called, or at once. */
function setUp(waits = false) {
  const clock = new FakeClock();
  const entries = new Map<string, ModelResponse>();
  const waiting: (() => void)[] = [];
  const open = () => {
    for (const resolve of waiting.splice(0)) resolve();
    return new Promise<void>((resolve) => setImmediate(resolve));
  };
  const cache = {
    lookup(key: string) {
      if (!waits) return entries.get(key);
      return new Promise<void>((resolve) => waiting.push(resolve)).then(() => entries.get(key));
    },
    insert: (key: string, response: ModelResponse) => void entries.set(key, response),
    close: async () => {},
  };
  const counted: string[] = [];
  const state = { identity: 'first' as string | undefined };
  const modelCache = new ModelCache({
    cache: new GuardedCache({ cache, clock, logger: silentLogger }),
    identity: () => state.identity,
    recorder: {
      cacheHit: (ns) => void counted.push(`hit ${ns}`),
      cacheMiss: (ns) => void counted.push(`miss ${ns}`),
    },
    clock,
  });
  const ask = (options: FakeRequestOptions = {}) => {
    const tracked = new Asked({ inputs: INPUTS, ...options });
    modelCache.lookup(tracked, () => tracked.happened.push('scheduled'));
    return tracked;
  };
  return { modelCache, entries, counted, clock, state, open, ask };
}

/** What is asked of a TrackedRequest. */
class Asked {
  readonly request;
  readonly happened: string[] = [];
  miss: CacheMiss | undefined;

  constructor(options: FakeRequestOptions) {
    this.request = fakeInferenceRequest(options);
  }

  missed(miss: CacheMiss): void {
    this.miss = miss;
    this.happened.push('missed');
  }

  answer(): void {
    this.happened.push('answered');
  }
}

describe('ModelCache', () => {
  it('schedules a request whose answer it lacks, and answers the next one like it', () => {
    const { ask, counted } = setUp();
    const first = ask();
    assert.deepEqual(first.happened, ['missed', 'scheduled']);
    first.miss?.ended(ANSWER);
    assert.deepEqual(ask().happened, ['answered']);
    assert.deepEqual(counted, ['miss 0', 'hit 0']);
  });

  it('stores nothing of a request that failed', () => {
    const { ask, entries, counted } = setUp();
    ask().miss?.ended(undefined);
    assert.equal(entries.size, 0);
    assert.deepEqual(counted, ['miss 0']);
  });

  it('executes equal requests that come before one of them is answered', () => {
    const { ask, entries } = setUp();
    const asked = [ask(), ask(), ask()];
    for (const { happened, miss } of asked) {
      assert.deepEqual(happened, ['missed', 'scheduled']);
      miss?.ended(ANSWER);
    }
    assert.equal(entries.size, 1);
  });

  it('counts the time that looking up takes', async () => {
    const { ask, counted, clock, open } = setUp(true);
    const asked = ask();
    clock.advanceUs(30);
    await open();
    clock.advanceUs(500);
    asked.miss?.ended(ANSWER);
    assert.deepEqual(counted, ['miss 30000']);
  });

  it('schedules a request that was cancelled meanwhile, for its scheduler to refuse', async () => {
    const { ask, entries, counted, open } = setUp(true);
    const filled = ask();
    await open();
    filled.miss?.ended(ANSWER);
    assert.equal(entries.size, 1);
    const source = new CancelSource();
    const asked = ask({ signal: source });
    source.cancel();
    await open();
    assert.deepEqual(asked.happened, ['scheduled']);
    assert.deepEqual(counted, ['miss 0']);
  });

  it('leaves requests of sequences alone', () => {
    const { ask } = setUp();
    const position = { correlationId: 0n, start: false, end: false };
    for (const sequence of [
      { ...position, correlationId: 3n },
      { ...position, correlationId: 'name' },
      { ...position, start: true },
    ]) {
      assert.deepEqual(ask({ sequence }).happened, ['scheduled']);
    }
    assert.deepEqual(ask({ sequence: position }).happened, ['missed', 'scheduled']);
  });

  it('leaves requests alone while it is unknown what they depend on', () => {
    const { ask, state } = setUp();
    state.identity = undefined;
    assert.deepEqual(ask().happened, ['scheduled']);
  });

  it('knows no answers of another load', () => {
    const { ask, state } = setUp();
    ask().miss?.ended(ANSWER);
    state.identity = 'second';
    assert.deepEqual(ask().happened, ['missed', 'scheduled']);
  });

  it('stores nothing when a model was replaced while the request ran', () => {
    const { ask, state, entries } = setUp();
    const asked = ask();
    state.identity = 'second';
    asked.miss?.ended(ANSWER);
    assert.equal(entries.size, 0);
  });

  it('is idle when every request has been answered or scheduled', async () => {
    const { modelCache, ask, open } = setUp(true);
    const asked = ask();
    let idle = false;
    const waiting = modelCache.idle().then(() => {
      idle = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(idle, false);
    await open();
    await waiting;
    assert.deepEqual(asked.happened, ['missed', 'scheduled']);
  });
});
