import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InferError } from '@nereid/core';
import { CollectingSink } from './collecting-sink.js';
import { FakeMetricRegistry } from './fake-metric-registry.js';
import { RecordedRequest } from './recorded-request.js';

describe('RecordedRequest', () => {
  it('tells its end to those who wait', async () => {
    const pending = new RecordedRequest();
    const error = new InferError('INTERNAL', 'no');
    pending.finish(error);
    assert.equal(await pending.ended, error);
  });

  it('notes what it throws', () => {
    const pending = new RecordedRequest({ id: 'r' });
    pending.finish();
    assert.throws(() => pending.finish());
    assert.throws(() => pending.respond({ outputs: [] }));
    assert.deepEqual(pending.violations, [
      "request 'r' finished twice",
      "request 'r' responded after its end",
    ]);
  });
});

describe('CollectingSink', () => {
  it('refuses anything after the end', async () => {
    const sink = new CollectingSink();
    sink.end();
    assert.equal(await sink.ended, undefined);
    assert.throws(() => sink.end(), /ended twice/);
  });
});

describe('FakeMetricRegistry', () => {
  it('keeps series by their labels, in any order', () => {
    const registry = new FakeMetricRegistry();
    const counter = registry.counter({ name: 'c', description: '', labelNames: ['a', 'b'] });
    counter.increment({ a: '1', b: '2' }, 2);
    counter.increment({ b: '2', a: '1' }, 3);
    assert.equal(registry.value('c', { a: '1', b: '2' }), 5);
    counter.remove({ a: '1', b: '2' });
    assert.equal(registry.value('c', { a: '1', b: '2' }), undefined);
  });
});
