import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, isInferError } from '@nereid/core';
import { PromMetricRegistry } from './prom-metric-registry.js';

function withCode(code: ErrorCode) {
  return (error: unknown) => isInferError(error) && error.code === code;
}

test('a family without series is not printed', async () => {
  const registry = new PromMetricRegistry();
  const family = registry.counter({ name: 'c', description: 'd', labelNames: ['l'] });
  assert.equal(await registry.text(), '');
  family.increment({ l: 'x' }, 2);
  assert.equal(await registry.text(), '# HELP c d\n# TYPE c counter\nc{l="x"} 2\n');
  family.remove({ l: 'x' });
  assert.equal(await registry.text(), '');
});

test('labels are alphabetical and escaped', async () => {
  const registry = new PromMetricRegistry();
  const labelNames = ['z', 'a', 'm'];
  const family = registry.gauge({ name: 'g', description: 'two\nlines', labelNames });
  family.set({ z: 'q"\\\n', m: '1', a: '2' }, -1.5);
  assert.equal(
    await registry.text(),
    '# HELP g two\\nlines\n# TYPE g gauge\ng{a="2",m="1",z="q\\"\\\\\\n"} -1.5\n',
  );
});

test('a histogram prints cumulative buckets with le last', async () => {
  const registry = new PromMetricRegistry();
  const options = { name: 'h', description: 'd', labelNames: ['m'], buckets: [1, 10] };
  const family = registry.histogram(options);
  family.observe({ m: 'x' }, 5);
  const text = await registry.text();
  assert.match(
    text,
    /h_bucket\{m="x",le="1"\} 0\nh_bucket\{m="x",le="10"\} 1\nh_bucket\{m="x",le="\+Inf"\} 1\n/,
  );
  assert.match(text, /h_sum\{m="x"\} 5\nh_count\{m="x"\} 1\n/);
});

test('asking again returns the same family, unless the kind differs', () => {
  const registry = new PromMetricRegistry();
  const options = { name: 'c', description: 'd' };
  assert.equal(registry.counter(options), registry.counter(options));
  assert.throws(() => registry.gauge(options), withCode('ALREADY_EXISTS'));
  assert.throws(() => registry.collected('counter', options, () => []), withCode('ALREADY_EXISTS'));
});

test('refuses negative increments, unknown labels and bad names, and keeps the value', async () => {
  const registry = new PromMetricRegistry();
  const family = registry.counter({ name: 'c', description: 'd' });
  assert.throws(() => family.increment({}, -1), withCode('INVALID_ARG'));
  assert.throws(() => family.increment({}, Number.NaN), withCode('INVALID_ARG'));
  assert.throws(() => family.increment({ nope: 'x' }, 1), withCode('INVALID_ARG'));
  assert.throws(
    () => registry.counter({ name: 'not a name', description: 'd' }),
    withCode('INVALID_ARG'),
  );
  assert.match(await registry.text(), /^c 0$/m);
});

test('two registries share nothing', async () => {
  const options = { name: 'c', description: 'd' };
  new PromMetricRegistry().counter(options).increment({}, 1);
  const other = new PromMetricRegistry();
  other.counter(options);
  assert.match(await other.text(), /^c 0$/m);
});
