import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_METRICS_CONFIG, parseMetricsConfig } from './metrics-config.js';

function parse(...values: string[]) {
  const warnings: string[] = [];
  const config = parseMetricsConfig(values, (message) => warnings.push(message));
  return { config, warnings };
}

test('without values the defaults hold', () => {
  assert.deepEqual(parse().config, DEFAULT_METRICS_CONFIG);
});

test('the last value of a setting wins', () => {
  const { config, warnings } = parse('summary_latencies=true', 'summary_latencies=false');
  assert.equal(config.summaryLatencies, false);
  assert.deepEqual(warnings, []);
});

test('quantiles that cannot be read are skipped with a warning', () => {
  const { config, warnings } = parse('summary_quantiles=0.5:0.05,nonsense,0.9:2,0.99:0.001');
  assert.deepEqual(config.summaryQuantiles, [
    [0.5, 0.05],
    [0.99, 0.001],
  ]);
  assert.equal(warnings.length, 2);
});

test('warns of an unknown setting', () => {
  assert.match(parse('colour=blue').warnings[0] ?? '', /no setting 'colour'/);
});

test('histogram buckets are growing bounds, or stay as they are', () => {
  const good = parse('request_histograms=true', 'request_histogram_buckets=0.01, 0.1,2').config;
  assert.equal(good.requestHistograms, true);
  assert.deepEqual(good.requestHistogramBounds, [0.01, 0.1, 2]);
  for (const wrong of ['0.1,0.01', '', '0.1,,1', 'a', '0,1', '1,1', '1,Infinity']) {
    const { config, warnings } = parse(`request_histogram_buckets=${wrong}`);
    assert.equal(config.requestHistogramBounds, DEFAULT_METRICS_CONFIG.requestHistogramBounds);
    assert.equal(warnings.length, 1, wrong);
  }
});
