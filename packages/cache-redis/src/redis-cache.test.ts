import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError, type ModelResponse } from '@nereid/core';
import { describeCache, fp32Tensor } from '@nereid/testing';
import { RedisCache } from './redis-cache.js';

const ANSWER: ModelResponse = { outputs: [fp32Tensor('A', [2], [1, 2])] };

/** What a connection does to a Redis that is a Map. */
class FakeConnection {
  usable = true;
  closed = false;
  readonly values: Map<string, Buffer>;
  readonly used: string[] = [];
  /** Commands wait for it. */
  gate: Promise<unknown> = Promise.resolve();

  constructor(values = new Map<string, Buffer>()) {
    this.values = values;
  }

  async get(key: string): Promise<Buffer | null> {
    this.used.push(`get ${key}`);
    await this.gate;
    return this.values.get(key) ?? null;
  }

  async set(key: string, value: Buffer): Promise<void> {
    this.used.push(`set ${key}`);
    await this.gate;
    this.values.set(key, value);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

describeCache('the redis cache, on a map instead of Redis', {
  create: async () => new RedisCache([new FakeConnection()]),
});

describe('RedisCache', () => {
  it('has no answers, at once, while no connection can be used', () => {
    const connection = new FakeConnection();
    connection.usable = false;
    const cache = new RedisCache([connection]);
    assert.equal(cache.lookup('key'), undefined);
    assert.equal(cache.insert('key', ANSWER), undefined);
    assert.deepEqual(connection.used, []);
  });

  it('uses the connections in turn, but none that cannot be used', async () => {
    const values = new Map<string, Buffer>();
    const connections = [1, 2, 3].map(() => new FakeConnection(values));
    const cache = new RedisCache(connections);
    const [, second] = connections;
    assert.ok(second);
    second.usable = false;
    for (let index = 0; index < 4; index += 1) await cache.lookup('key');
    assert.deepEqual(
      connections.map(({ used }) => used.length),
      [2, 0, 2],
    );
    assert.equal(cache.usableCount, 2);
  });

  it('takes a damaged value for none', async () => {
    const connection = new FakeConnection();
    const cache = new RedisCache([connection]);
    await cache.insert('key', ANSWER);
    const value = connection.values.get('nereid:key');
    assert.ok(value);
    value[value.byteLength - 1] = 7;
    assert.equal(await cache.lookup('key'), undefined);
  });

  it('passes errors on, which the server takes for a miss', async () => {
    const connection = new FakeConnection();
    connection.gate = Promise.reject(new InferError('UNAVAILABLE', 'lost'));
    connection.gate.catch(() => {});
    const cache = new RedisCache([connection]);
    await assert.rejects(async () => cache.lookup('key'), /lost/);
    await assert.rejects(async () => cache.insert('key', ANSWER), /lost/);
  });

  it('stores nothing more while too much is on its way', async () => {
    const connection = new FakeConnection();
    let open = (_: unknown) => {};
    connection.gate = new Promise((resolve) => {
      open = resolve;
    });
    const cache = new RedisCache([connection]);
    const data = new Uint8Array(33 * 1024 * 1024);
    const large: ModelResponse = {
      outputs: [{ name: 'A', datatype: 'UINT8', shape: [data.byteLength], data }],
    };
    const inserts = ['a', 'b', 'c'].map((key) => cache.insert(key, large));
    open(undefined);
    await Promise.all(inserts);
    assert.deepEqual([...connection.values.keys()], ['nereid:a', 'nereid:b']);
    await cache.insert('c', large);
    assert.ok(connection.values.has('nereid:c'));
  });

  it('closes every connection', async () => {
    const connections = [new FakeConnection(), new FakeConnection()];
    await new RedisCache(connections).close();
    assert.ok(connections.every(({ closed }) => closed));
  });
});
