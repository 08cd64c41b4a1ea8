import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { FakeMetricRegistry } from '@nereid/testing';
import { CustomMetrics } from './custom-metrics.js';

let registry: FakeMetricRegistry;
let metrics: CustomMetrics;
beforeEach(() => {
  registry = new FakeMetricRegistry();
  metrics = new CustomMetrics(registry);
});

const model = {};
const other = {};

function family(kind: string, owner: object = model, name = 'n') {
  return metrics.apply(owner, 'family', { name, description: 'd', kind });
}

function metric(kind: string, { owner = model, labels = {}, buckets = null as number[] | null }) {
  return metrics.apply(owner, 'metric', { family: family(kind, owner), labels, buckets });
}

function change(operation: string, id: number | undefined, value?: number) {
  return metrics.apply(model, operation, { metric: id, value });
}

test('counts, sets and tells values', async () => {
  const counter = metric('COUNTER', { labels: { a: 'b' } });
  change('increment', counter, 2);
  change('increment', counter, 0.5);
  assert.equal(change('value', counter), 2.5);
  assert.deepEqual(await registry.samples('n'), [{ labels: { a: 'b' }, value: 2.5 }]);
});

test('a histogram has a line for each bucket, the sum and the count', async () => {
  const histogram = metric('HISTOGRAM', { buckets: [1, 10] });
  for (const value of [0.5, 1, 5, 50]) change('observe', histogram, value);
  const lines = (await registry.samples('n')) ?? [];
  assert.deepEqual(
    lines.map(({ metricName, labels, value }) => [metricName, labels['le'], value]),
    [
      ['n_bucket', 1, 2],
      ['n_bucket', 10, 3],
      ['n_bucket', '+Inf', 4],
      ['n_sum', undefined, 56.5],
      ['n_count', undefined, 4],
    ],
  );
});

test('models share a metric of one name and one set of labels', () => {
  change('increment', metric('COUNTER', {}), 3);
  const theirs = metric('COUNTER', { owner: other });
  assert.equal(metrics.apply(other, 'value', { metric: theirs }), 3);
});

test('a metric lives until the last that made it has deleted it, or is gone', async () => {
  const mine = metric('GAUGE', {});
  metric('GAUGE', { owner: other });
  change('delete', mine);
  assert.deepEqual(await registry.samples('n'), [{ labels: {}, value: 0 }]);
  metrics.forget(other);
  assert.deepEqual(await registry.samples('n'), []);
  metrics.forget(model);
  assert.equal(await registry.samples('n'), undefined);
  assert.throws(() => change('set', mine, 1), /does not exist any more/);
});

test('refuses what a metric is not for', () => {
  const counter = metric('COUNTER', {});
  assert.throws(() => change('set', counter, 1), /KIND_COUNTER does not support Set$/);
  assert.throws(() => change('increment', counter, -1), /monotonically/);
  assert.throws(() => family('GAUGE'), /Family name already exists with different type/);
  assert.throws(() => metric('COUNTER', { labels: { 'a-b': 'c' } }), /Invalid label name/);
  assert.throws(() => metric('COUNTER', { labels: { a: 5 } }), /non-string as string/);
  assert.throws(
    () => metrics.apply(other, 'metric', { family: 99, labels: {}, buckets: null }),
    /family does not exist/,
  );
});

test('refuses buckets that do not grow', () => {
  assert.throws(() => metric('HISTOGRAM', { buckets: [2, 1] }), /must be strictly sorted/);
});

test('a family needs a name, not a description', () => {
  assert.throws(() => family('COUNTER', model, ''), /Invalid metric name/);
  const described = { name: 'plain', description: '', kind: 'COUNTER' };
  assert.equal(typeof metrics.apply(model, 'family', described), 'number');
});
