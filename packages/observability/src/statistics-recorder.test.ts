import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock, ModelConfig } from '@nereid/core';
import { InferenceMetrics } from './inference-metrics.js';
import { DEFAULT_METRICS_CONFIG, type MetricsConfig } from './metrics-config.js';
import { PromMetricRegistry } from './prom-metric-registry.js';
import { MAX_RESPONSE_INDEX } from './response-statistics.js';
import { StatisticsRecorder } from './statistics-recorder.js';

const PLAIN = {
  metricTags: {},
  modelTransactionPolicy: undefined,
  modelMetrics: undefined,
  responseCache: undefined,
};
type RecordedConfig = Pick<ModelConfig, keyof typeof PLAIN>;

function setUp(metricsConfig: Partial<MetricsConfig> = {}, model: Partial<RecordedConfig> = {}) {
  let nowNs = 0;
  const clock: Clock = {
    nowNs: () => nowNs,
    wallTimeMs: () => 1_700_000_000_000.5,
    schedule: () => () => {},
  };
  const registry = new PromMetricRegistry();
  const metrics = new InferenceMetrics(registry, { ...DEFAULT_METRICS_CONFIG, ...metricsConfig });
  const make = (changed: Partial<RecordedConfig> = {}) => {
    const config = { ...PLAIN, ...model, ...changed };
    return new StatisticsRecorder({ modelName: 'm', modelVersion: 2, config, metrics, clock });
  };
  const at = (ns: number) => {
    nowNs = ns;
  };
  return { registry, make, at };
}

const TIMES = { startNs: 3_000, inputEndNs: 5_000, outputStartNs: 25_000 };

test('a fresh version has zeros everywhere, failures by reason included', async () => {
  const { registry, make } = setUp();
  const statistics = make().snapshot([]);
  assert.deepEqual(statistics.inferenceStats.success, { count: 0, ns: 0 });
  assert.equal(statistics.lastInferenceMs, 0);
  assert.deepEqual(statistics.batchStats, []);
  const text = await registry.text();
  for (const reason of ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER']) {
    const line = `nv_inference_request_failure{model="m",reason="${reason}",version="2"} 0\n`;
    assert.ok(text.includes(line), line);
  }
  assert.match(text, /^nv_inference_pending_request_count\{model="m",version="2"\} 0$/m);
  assert.match(text, /^nv_pinned_memory_pool_total_bytes 0$/m);
  assert.doesNotMatch(text, /nv_model_load_duration_secs|_summary_us|nv_cache/);
});

test('a batch counts its elements once, and its phases for each request', async () => {
  const { registry, make, at } = setUp();
  const recorder = make();
  at(30_000);
  recorder.executed(3, TIMES);
  recorder.ended('SUCCESS', 1_000, TIMES);
  recorder.ended('SUCCESS', 2_000, TIMES);
  const statistics = recorder.snapshot([]);
  assert.equal(statistics.inferenceCount, 3);
  assert.equal(statistics.executionCount, 1);
  assert.equal(statistics.lastInferenceMs, 1_700_000_000_000);
  assert.deepEqual(statistics.inferenceStats.success, { count: 2, ns: 57_000 });
  assert.deepEqual(statistics.inferenceStats.queue, { count: 2, ns: 3_000 });
  assert.deepEqual(statistics.inferenceStats.computeInput, { count: 2, ns: 4_000 });
  assert.deepEqual(statistics.inferenceStats.computeInfer, { count: 2, ns: 40_000 });
  assert.deepEqual(statistics.inferenceStats.computeOutput, { count: 2, ns: 10_000 });
  assert.deepEqual(statistics.batchStats, [
    {
      batchSize: 3,
      computeInput: { count: 1, ns: 2_000 },
      computeInfer: { count: 1, ns: 20_000 },
      computeOutput: { count: 1, ns: 5_000 },
    },
  ]);
  const text = await registry.text();
  assert.match(text, /^nv_inference_count\{model="m",version="2"\} 3$/m);
  assert.match(text, /^nv_inference_request_duration_us\{model="m",version="2"\} 57$/m);
  assert.match(text, /^nv_inference_compute_infer_duration_us\{model="m",version="2"\} 40$/m);
});

test('batch statistics are sorted by size', () => {
  const { make, at } = setUp();
  const recorder = make();
  at(30_000);
  for (const size of [10, 2, 1]) recorder.executed(size, TIMES);
  assert.deepEqual(
    recorder.snapshot([]).batchStats.map(({ batchSize }) => batchSize),
    [1, 2, 10],
  );
});

test('failures count by reason, add no queue time and are no inferences', async () => {
  const { registry, make, at } = setUp();
  const recorder = make();
  at(30_000);
  recorder.executed(4, TIMES, 3);
  recorder.ended('BACKEND', 10_000, TIMES);
  recorder.ended('REJECTED', 20_000, undefined);
  const statistics = recorder.snapshot([]);
  assert.equal(statistics.inferenceCount, 1);
  assert.deepEqual(statistics.inferenceStats.fail, { count: 2, ns: 30_000 });
  assert.deepEqual(statistics.inferenceStats.queue, { count: 0, ns: 0 });
  const text = await registry.text();
  assert.match(text, /failure\{model="m",reason="BACKEND",version="2"\} 1$/m);
  assert.match(text, /failure\{model="m",reason="OTHER",version="2"\} 0$/m);
});

test('phases that a backend does not tell count as inference', () => {
  const { make, at } = setUp();
  const recorder = make();
  at(30_000);
  recorder.ended('SUCCESS', 0, { startNs: 10_000, inputEndNs: 0, outputStartNs: 0 });
  const { computeInput, computeInfer, computeOutput } = recorder.snapshot([]).inferenceStats;
  assert.deepEqual([computeInput.ns, computeInfer.ns, computeOutput.ns], [0, 20_000, 0]);
});

test('cache hits are successes without an execution, misses are counted beside them', async () => {
  const { registry, make, at } = setUp({}, { responseCache: { enable: true } });
  const recorder = make();
  at(30_000);
  recorder.cacheMiss(7_000);
  recorder.executed(1, TIMES);
  recorder.ended('SUCCESS', 1_000, TIMES);
  recorder.cacheHit(4_000);
  recorder.ended('SUCCESS', 20_000, undefined);
  const { inferenceCount, executionCount, inferenceStats } = recorder.snapshot([]);
  assert.deepEqual([inferenceCount, executionCount], [1, 1]);
  assert.deepEqual(inferenceStats.success, { count: 2, ns: 39_000 });
  assert.deepEqual(inferenceStats.queue, { count: 2, ns: 2_000 });
  assert.equal(inferenceStats.computeInfer.count, 1);
  assert.deepEqual(inferenceStats.cacheHit, { count: 1, ns: 4_000 });
  assert.deepEqual(inferenceStats.cacheMiss, { count: 1, ns: 7_000 });
  const text = await registry.text();
  assert.match(text, /^nv_cache_num_hits_per_model\{model="m",version="2"\} 1$/m);
  assert.match(text, /^nv_cache_hit_duration_per_model\{model="m",version="2"\} 4$/m);
  assert.match(text, /^nv_cache_num_misses_per_model\{model="m",version="2"\} 1$/m);
  assert.match(text, /^nv_cache_miss_duration_per_model\{model="m",version="2"\} 7$/m);
});

test('summaries of a cached model have hits and misses instead of whole requests', async () => {
  const { registry, make } = setUp({ summaryLatencies: true }, { responseCache: { enable: true } });
  const recorder = make();
  recorder.cacheHit(4_000);
  const text = await registry.text();
  assert.match(text, /^nv_cache_hit_summary_per_model_count\{model="m",version="2"\} 1$/m);
  assert.match(text, /^nv_cache_miss_summary_per_model_count\{model="m",version="2"\} 0$/m);
  assert.match(text, /^nv_inference_queue_summary_us_count\{model="m",version="2"\} 1$/m);
  assert.doesNotMatch(text, /nv_inference_request_summary_us/);
});

test('pending requests are accepted ones that have not left', async () => {
  const { registry, make } = setUp();
  const recorder = make();
  recorder.accepted();
  recorder.accepted();
  recorder.left();
  assert.match(await registry.text(), /pending_request_count\{model="m",version="2"\} 1$/m);
});

test('metric tags become labels, and the load time a gauge', async () => {
  const { registry, make } = setUp({}, { metricTags: { team: 'vision' } });
  make().loaded(1_500_000_000);
  const text = await registry.text();
  assert.match(text, /^nv_model_load_duration_secs\{_team="vision",model="m",version="2"\} 1\.5$/m);
});

test('a version and its replacement share a series until the old one is closed', async () => {
  const { registry, make, at } = setUp();
  const [old, fresh] = [make(), make()];
  at(30_000);
  old.executed(1, TIMES);
  fresh.executed(1, TIMES);
  const count = async () => (await registry.text()).match(/^nv_inference_count.*$/gm);
  assert.deepEqual(await count(), ['nv_inference_count{model="m",version="2"} 2']);
  old.close();
  assert.deepEqual(await count(), ['nv_inference_count{model="m",version="2"} 1']);
  fresh.close();
  assert.equal(await count(), null);
});

test('counter_latencies=false keeps every counter at 0', async () => {
  const { registry, make, at } = setUp({ counterLatencies: false });
  const recorder = make();
  at(30_000);
  recorder.executed(1, TIMES);
  recorder.ended('SUCCESS', 1_000, TIMES);
  assert.match(await registry.text(), /^nv_inference_request_success\{.*\} 0$/m);
  assert.equal(recorder.snapshot([]).inferenceStats.success.count, 1);
});

test('summary_latencies=true adds quantiles of each duration', async () => {
  const summaryQuantiles = [[0.5, 0.05]] as const;
  const { registry, make, at } = setUp({ summaryLatencies: true, summaryQuantiles });
  const recorder = make();
  at(30_000);
  for (let i = 0; i < 3; i += 1) recorder.ended('SUCCESS', 1_000, TIMES);
  const text = await registry.text();
  assert.match(
    text,
    /^nv_inference_request_summary_us\{model="m",version="2",quantile="0.5"\} 29$/m,
  );
  assert.match(text, /^nv_inference_compute_infer_summary_us_sum\{model="m",version="2"\} 60$/m);
  assert.match(text, /^nv_inference_queue_summary_us_count\{model="m",version="2"\} 3$/m);
});

test('a metric tag that is no label name is written with underscores', async () => {
  const { registry, make } = setUp({}, { metricTags: { 'a-b.ü': 'x' } });
  make();
  assert.match(
    await registry.text(),
    /^nv_inference_count\{_a_b__="x",model="m",version="2"\} 0$/m,
  );
});

test('the summaries of a version and its replacement are those of the replacement', async () => {
  const summaryQuantiles = [[0.5, 0.05]] as const;
  const { registry, make, at } = setUp({ summaryLatencies: true, summaryQuantiles });
  const old = make();
  at(30_000);
  old.ended('SUCCESS', 1_000, TIMES);
  make();
  const lines = (await registry.text()).match(/^nv_inference_request_summary_us_count.*$/gm);
  assert.deepEqual(lines, ['nv_inference_request_summary_us_count{model="m",version="2"} 0']);
});

test('responses are counted by their index, and their phases if they succeeded', () => {
  const { make } = setUp();
  const recorder = make();
  const times = { startNs: 1_000, outputStartNs: 4_000, endNs: 4_500 };
  recorder.responded(0, 'success', times);
  recorder.responded(0, 'success', times);
  recorder.responded(1, 'cancel', times);
  const { 0: first, 1: second, ...others } = recorder.snapshot([]).responseStats;
  assert.deepEqual(others, {});
  assert.deepEqual(first, {
    computeInfer: { count: 2, ns: 6_000 },
    computeOutput: { count: 2, ns: 1_000 },
    success: { count: 2, ns: 7_000 },
    fail: { count: 0, ns: 0 },
    emptyResponse: { count: 0, ns: 0 },
    cancel: { count: 0, ns: 0 },
  });
  assert.deepEqual(second?.cancel, { count: 1, ns: 3_500 });
  assert.deepEqual(second?.computeInfer, { count: 0, ns: 0 });
});

test('responses far into an answer do not fill the statistics', () => {
  const { make } = setUp();
  const recorder = make();
  recorder.responded(MAX_RESPONSE_INDEX, 'success', { startNs: 0, outputStartNs: 1, endNs: 2 });
  assert.deepEqual(recorder.snapshot([]).responseStats, {});
});

const DECOUPLED = { modelTransactionPolicy: { decoupled: true } };

test('histogram_latencies=true shows first responses of decoupled models only', async () => {
  const { registry, make } = setUp({ histogramLatencies: true });
  make();
  assert.doesNotMatch(await registry.text(), /histogram/);
  make(DECOUPLED).firstResponse(1_000_000, 201_000_000);
  assert.equal(
    await histogramLines(registry, 'nv_inference_first_response_histogram_ms'),
    'le="100"} 0, le="500"} 1, le="2000"} 1, le="5000"} 1, le="+Inf"} 1, sum 200, count 1',
  );
});

test('model_metrics sets the buckets of a histogram', async () => {
  const { registry, make } = setUp({ histogramLatencies: true });
  const family = 'nv_inference_first_response_histogram_ms';
  const control = { metricIdentifier: { family }, histogramOptions: { buckets: [10, 1, 10] } };
  make({ ...DECOUPLED, modelMetrics: { metricControl: [control] } });
  assert.equal(
    await histogramLines(registry, family),
    'le="1"} 0, le="10"} 0, le="+Inf"} 0, sum 0, count 0',
  );
});

test('request_histograms=true shows request, queue and compute times in seconds', async () => {
  const requestHistogramBounds = [0.000_002, 0.000_027];
  const { registry, make, at } = setUp({ requestHistograms: true, requestHistogramBounds });
  const recorder = make();
  at(30_000);
  recorder.ended('SUCCESS', 1_000, TIMES);
  recorder.ended('BACKEND', 1_000, TIMES);
  const lines = (name: string) =>
    histogramLines(registry, `nereid_inference_${name}_duration_seconds`);
  const bounds = (first: number, second: number) =>
    `le="0.000002"} ${first}, le="0.000027"} ${second}, le="+Inf"} 1`;
  assert.equal(await lines('request'), `${bounds(0, 0)}, sum 0.000029, count 1`);
  assert.equal(await lines('queue'), `${bounds(1, 1)}, sum 0.000002, count 1`);
  assert.equal(await lines('compute'), `${bounds(0, 1)}, sum 0.000027, count 1`);
});

test('the histograms of a version and its replacement are added up', async () => {
  const { registry, make } = setUp({ histogramLatencies: true });
  make(DECOUPLED).firstResponse(0, 1_000_000);
  make(DECOUPLED).firstResponse(0, 3_000_000_000);
  assert.equal(
    await histogramLines(registry, 'nv_inference_first_response_histogram_ms'),
    'le="100"} 1, le="500"} 1, le="2000"} 1, le="5000"} 2, le="+Inf"} 2, sum 3001, count 2',
  );
});

/** The lines of a family's only series, without what they have in common. */
async function histogramLines(registry: PromMetricRegistry, name: string): Promise<string> {
  const text = await registry.text();
  assert.ok(text.includes(`# TYPE ${name} histogram\n`), text);
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines
    .map((line) =>
      line
        .slice(name.length + 1)
        .replace(/^bucket\{model="m",version="2",/, '')
        .replace('{model="m",version="2"}', ''),
    )
    .join(', ');
}

test('given durations count in place of the times in between', () => {
  const { make, at } = setUp();
  const recorder = make();
  const durations = { inputNs: 1, inferNs: 20, outputNs: 300 };
  const times = { startNs: 3_000, inputEndNs: 0, outputStartNs: 0, durations };
  at(30_000);
  recorder.executed(2, times);
  recorder.ended('SUCCESS', 1_000, times);
  const { inferenceStats, batchStats } = recorder.snapshot([]);
  assert.deepEqual(inferenceStats.queue, { count: 1, ns: 2_000 });
  assert.deepEqual(inferenceStats.computeInput, { count: 1, ns: 1 });
  assert.deepEqual(inferenceStats.computeInfer, { count: 1, ns: 20 });
  assert.deepEqual(inferenceStats.computeOutput, { count: 1, ns: 300 });
  assert.deepEqual(batchStats[0]?.computeOutput, { count: 1, ns: 300 });
});
