import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResponseCache, Tensor } from '@nereid/core';

export interface CacheSubject {
  /** An empty cache with room for the few kilobytes that the suite stores. */
  create(): Promise<ResponseCache>;
}

/** The contract of core's ResponseCache. */
export function describeCache(name: string, subject: CacheSubject): void {
  const withCache = (test: (cache: ResponseCache) => Promise<void>) => async () => {
    const cache = await subject.create();
    await test(cache).finally(() => cache.close());
  };

  describe(`${name} keeps the contract of a response cache`, () => {
    it(
      'has nothing under a key that was never stored',
      withCache(async (cache) => assert.equal(await cache.lookup('unknown'), undefined)),
    );

    it(
      'returns what was stored, in order, with datatypes and shapes',
      withCache(async (cache) => {
        const outputs = [
          { ...bytes(1, 0, 0, 0, 2, 0, 0, 0), name: 'B', datatype: 'INT32', shape: [1, 2] },
          { ...bytes(1, 0, 0, 0, 255), datatype: 'BYTES', shape: [1] },
          { ...bytes(), name: 'EMPTY', datatype: 'FP32', shape: [0, 4] },
        ] satisfies readonly Tensor[];
        await cache.insert('key', outputs);
        assert.deepEqual(readable(await cache.lookup('key')), readable(outputs));
      }),
    );

    it(
      'tells keys apart',
      withCache(async (cache) => {
        const first = [bytes(1)];
        const second = [bytes(2)];
        await cache.insert('key1', first);
        await cache.insert('key2', second);
        assert.deepEqual(readable(await cache.lookup('key1')), readable(first));
        assert.deepEqual(readable(await cache.lookup('key2')), readable(second));
      }),
    );

    it(
      'copies what it keeps',
      withCache(async (cache) => {
        const data = Uint8Array.of(1, 2, 3);
        await cache.insert('key', [{ name: 'A', datatype: 'UINT8', shape: [3], data }]);
        data.fill(9);
        const [found] = (await cache.lookup('key')) ?? [];
        assert.deepEqual([...(found?.data ?? [])], [1, 2, 3]);
      }),
    );

    it(
      'keeps an answer without outputs apart from no answer',
      withCache(async (cache) => {
        await cache.insert('key', []);
        assert.deepEqual(await cache.lookup('key'), []);
      }),
    );

    it(
      'survives many users at a time',
      withCache(async (cache) => {
        const indices = Array.from({ length: 20 }, (_, index) => index);
        await Promise.all(
          indices.map(async (index) => {
            const outputs = [bytes(index)];
            await cache.insert(`key${index}`, outputs);
            assert.deepEqual(readable(await cache.lookup(`key${index}`)), readable(outputs));
          }),
        );
      }),
    );
  });
}

/** Of one dimension, with a name that tells nothing. */
function bytes(...values: readonly number[]): Tensor {
  return { name: 'A', datatype: 'UINT8', shape: [values.length], data: Uint8Array.from(values) };
}

function readable(tensors: readonly Tensor[] | undefined) {
  return tensors?.map((item) => ({ ...item, shape: [...item.shape], data: [...item.data] }));
}
