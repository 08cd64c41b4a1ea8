import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ModelResponse } from '@nereid/core';
import { describeCache, FakeClock, fakePluginContext, fp32Tensor } from '@nereid/testing';
import plugin from './index.js';
import { LocalCache } from './local-cache.js';
import { storedSizeBytes } from './stored-response.js';

function withSettings(settings: Readonly<Record<string, string>>) {
  const context = fakePluginContext({ settings: new Map(Object.entries(settings)) });
  return { context, cache: plugin.createCache(context) };
}

function answer(count: number): ModelResponse {
  return { outputs: [fp32Tensor('A', [count], new Array(count).fill(1))] };
}

/** All answers of one length under keys of one length take the same. */
const ENTRY_BYTES = storedSizeBytes('k1', answer(16));

const roomFor = (count: number) =>
  new LocalCache({ sizeBytes: count * ENTRY_BYTES, clock: new FakeClock() });

describeCache('the local cache', {
  create: async () => withSettings({ size: '1048576' }).cache,
});

describe('LocalCache', () => {
  it('drops the answer that was not used for longest when it is full', () => {
    const cache = roomFor(3);
    for (const key of ['k1', 'k2', 'k3']) cache.insert(key, answer(16));
    cache.lookup('k1');
    cache.insert('k4', answer(16));
    const kept = ['k1', 'k2', 'k3', 'k4'].filter((key) => cache.lookup(key));
    assert.deepEqual(kept, ['k1', 'k3', 'k4']);
    assert.equal(cache.counts.evictionCount, 1);
  });

  it('drops as many as a large answer needs', () => {
    const cache = roomFor(3);
    for (const key of ['k1', 'k2', 'k3']) cache.insert(key, answer(16));
    cache.insert('k4', answer(17));
    assert.deepEqual(
      ['k1', 'k2', 'k3', 'k4'].filter((key) => cache.lookup(key)),
      ['k3', 'k4'],
    );
  });

  it('counts exactly the bytes of what it keeps', () => {
    const cache = roomFor(3);
    assert.equal(cache.counts.usedBytes, 0);
    cache.insert('k1', answer(16));
    cache.insert('k2', answer(16));
    assert.equal(cache.counts.usedBytes, 2 * ENTRY_BYTES);
    cache.insert('k1', answer(20));
    assert.equal(cache.counts.usedBytes, 2 * ENTRY_BYTES + 4 * 4);
    cache.insert('k1', answer(16));
    assert.equal(cache.counts.usedBytes, 2 * ENTRY_BYTES);
    for (let index = 0; index < 1000; index += 1) {
      cache.insert(`k${index}`, answer(index % 30));
      assert.ok(cache.counts.usedBytes <= cache.sizeBytes);
    }
  });

  it('fills its room to the last byte', () => {
    const cache = roomFor(2);
    cache.insert('k1', answer(16));
    cache.insert('k2', answer(16));
    assert.deepEqual([cache.counts.entryCount, cache.counts.usedBytes], [2, cache.sizeBytes]);
  });

  it('counts names, shapes and parameters', () => {
    const plain = storedSizeBytes('k', answer(1));
    const [tensor] = answer(1).outputs;
    assert.ok(tensor);
    const size = (response: ModelResponse) => storedSizeBytes('k', response) - plain;
    assert.ok(size({ outputs: [{ ...tensor, name: 'x'.repeat(1000) }] }) >= 999);
    assert.ok(size({ outputs: [{ ...tensor, shape: new Array(100).fill(1) }] }) >= 99);
    const parameters = new Map([['text', 'x'.repeat(500)]]);
    assert.ok(size({ outputs: [tensor], parameters }) >= 504);
  });

  it('refuses an answer that is larger than the cache, and keeps the others', () => {
    const cache = roomFor(2);
    cache.insert('k1', answer(16));
    assert.throws(() => cache.insert('k2', answer(1000)), /is greater than total cache size/);
    assert.ok(cache.lookup('k1'));
    assert.equal(cache.counts.evictionCount, 0);
  });

  it('forgets an answer whose successor is too large', () => {
    const cache = roomFor(2);
    cache.insert('k1', answer(16));
    assert.throws(() => cache.insert('k1', answer(1000)));
    assert.equal(cache.lookup('k1'), undefined);
  });

  it('keeps no view into the memory that an output was part of', () => {
    const cache = roomFor(3);
    const whole = Buffer.alloc(1000);
    const data = whole.subarray(500, 504);
    cache.insert('k1', { outputs: [{ name: 'A', datatype: 'UINT8', shape: [4], data }] });
    const kept = cache.lookup('k1')?.outputs[0]?.data;
    assert.equal(kept?.buffer.byteLength, 4);
  });

  it('takes no longer with many entries than with few', () => {
    const insertMany = (cache: LocalCache, from: number) => {
      const start = process.hrtime.bigint();
      for (let index = from; index < from + 20_000; index += 1) {
        cache.insert(`k${index}`, answer(1));
        cache.lookup(`k${index - 5}`);
      }
      return Number(process.hrtime.bigint() - start);
    };
    const small = new LocalCache({ sizeBytes: 1_000_000, clock: new FakeClock() });
    const large = new LocalCache({ sizeBytes: 200_000_000, clock: new FakeClock() });
    insertMany(small, 0);
    for (let from = 0; from < 200_000; from += 20_000) insertMany(large, from);
    const [few, many] = [insertMany(small, 20_000), insertMany(large, 200_000)];
    assert.ok(many < few * 20, `${many} ns with many, ${few} ns with few`);
  });
});

describe('the local cache plugin', () => {
  it('shows the metrics of Triton until it is closed', async () => {
    const { context, cache } = withSettings({ size: String(ENTRY_BYTES * 2) });
    for (const key of ['k1', 'k2', 'k3']) await cache.insert(key, answer(16));
    await cache.lookup('k3');
    await cache.lookup('k1');
    const value = async (name: string) => (await context.metrics.samples(name))?.[0]?.value;
    assert.equal(await value('nv_cache_util'), 1);
    assert.equal(await value('nv_cache_num_entries'), 2);
    assert.equal(await value('nv_cache_num_hits'), 1);
    assert.equal(await value('nv_cache_num_misses'), 1);
    assert.equal(await value('nv_cache_num_lookups'), 2);
    assert.equal(await value('nv_cache_num_evictions'), 1);
    await cache.close();
    assert.equal(await value('nv_cache_util'), undefined);
  });

  const refused: Readonly<Record<string, [Record<string, string>, RegExp]>> = {
    'no size': [{}, /config didn't contain a valid 'size' field/],
    'a size of nothing': [{ size: '0' }, /'size' must be a number of bytes above 0, got '0'/],
    'a negative size': [{ size: '-5' }, /got '-5'/],
    'a size that is no number': [{ size: 'abc' }, /got 'abc'/],
    'a size with a unit': [{ size: '10MB' }, /got '10MB'/],
    'a setting that it does not have': [
      { size: '1000', sizes: '3' },
      /unknown setting 'sizes'; there is only 'size'/,
    ],
  };
  for (const [what, [settings, message]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => withSettings(settings), { code: 'INVALID_ARG', message });
    });
  }
});
