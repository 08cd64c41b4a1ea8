import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type ModelResponse,
  NO_PARAMETERS,
  type ParameterValue,
  type ResponseCache,
  type Tensor,
} from '@nereid/core';

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
        await cache.insert('key', { outputs });
        assert.deepEqual(await found(cache, 'key'), readable({ outputs }));
      }),
    );

    it(
      'returns parameters of every type',
      withCache(async (cache) => {
        const parameters = new Map<string, ParameterValue>([
          ['text', 'größer'],
          ['flag', false],
          ['integer', -(2n ** 63n)],
          ['fraction', 0.1],
        ]);
        const response = { outputs: [bytes(1)], parameters };
        await cache.insert('key', response);
        assert.deepEqual(await found(cache, 'key'), readable(response));
      }),
    );

    it(
      'tells keys apart',
      withCache(async (cache) => {
        await cache.insert('key1', { outputs: [bytes(1)] });
        await cache.insert('key2', { outputs: [bytes(2)] });
        assert.deepEqual(await found(cache, 'key1'), readable({ outputs: [bytes(1)] }));
        assert.deepEqual(await found(cache, 'key2'), readable({ outputs: [bytes(2)] }));
      }),
    );

    it(
      'keeps the latest answer of a key',
      withCache(async (cache) => {
        await cache.insert('key', { outputs: [bytes(1)] });
        await cache.insert('key', { outputs: [bytes(2, 3)] });
        assert.deepEqual(await found(cache, 'key'), readable({ outputs: [bytes(2, 3)] }));
      }),
    );

    it(
      'copies what it keeps',
      withCache(async (cache) => {
        const data = Uint8Array.of(1, 2, 3);
        await cache.insert('key', {
          outputs: [{ name: 'A', datatype: 'UINT8', shape: [3], data }],
        });
        data.fill(9);
        const { outputs } = (await cache.lookup('key')) ?? { outputs: [] };
        assert.deepEqual([...(outputs[0]?.data ?? [])], [1, 2, 3]);
      }),
    );

    it(
      'keeps an answer without outputs apart from no answer',
      withCache(async (cache) => {
        await cache.insert('key', { outputs: [] });
        assert.deepEqual(await found(cache, 'key'), readable({ outputs: [] }));
      }),
    );

    it(
      'survives many users at a time',
      withCache(async (cache) => {
        const indices = Array.from({ length: 20 }, (_, index) => index);
        await Promise.all(
          indices.map(async (index) => {
            const response = { outputs: [bytes(index)] };
            await cache.insert(`key${index}`, response);
            assert.deepEqual(await found(cache, `key${index}`), readable(response));
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

async function found(cache: ResponseCache, key: string) {
  const response = await cache.lookup(key);
  return response && readable(response);
}

function readable({ outputs, parameters = NO_PARAMETERS }: ModelResponse) {
  return {
    outputs: outputs.map((item) => ({ ...item, shape: [...item.shape], data: [...item.data] })),
    parameters: [...parameters],
  };
}
