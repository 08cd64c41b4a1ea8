import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findPromtool } from '../../../tools/promtool.mjs';
import { infer, root, startServer } from '../server-process.mjs';

const MODEL = 'identity_fp32';
const DECOUPLED = 'repeat';

let server;
before(async () => {
  server = await startServer([
    `--model-repository=${join(root, 'test', 'models', 'clients')}`,
    '--model-control-mode=explicit',
    `--load-model=${MODEL}`,
    `--load-model=${DECOUPLED}`,
    '--metrics-config=summary_latencies=true',
    '--metrics-config=histogram_latencies=true',
    '--metrics-config=request_histograms=true',
  ]);
  for (let i = 0; i < 3; i += 1) {
    const { status, body } = await infer(server, MODEL, {
      inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [2], data: [1, 2] }],
    });
    assert.equal(status, 200, JSON.stringify(body));
  }
  const stream = await fetch(`${server.http}/v2/models/${DECOUPLED}/generate_stream`, {
    method: 'POST',
    body: JSON.stringify({ N: 2 }),
  });
  assert.equal(stream.status, 200, await stream.text());
});
after(() => server.kill());

const scrape = async () => (await fetch(`${server.metrics}/metrics`)).text();

test('every family has its heading once, directly above its series, and no series is repeated', async () => {
  const headings = [];
  const series = new Set();
  let family;
  for (const line of (await scrape()).trimEnd().split('\n')) {
    const heading = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (heading) {
      headings.push(`${heading[1]} ${heading[2]}`);
      family = heading[2];
      continue;
    }
    const [, name] = /^([a-z_0-9]+)(?:\{.*\})? \S+$/.exec(line) ?? assert.fail(line);
    assert.match(name, new RegExp(`^${family}(_bucket|_sum|_count)?$`), line);
    const labelled = line.slice(0, line.lastIndexOf(' '));
    assert.ok(!series.has(labelled), `twice: ${labelled}`);
    series.add(labelled);
  }
  assert.equal(new Set(headings).size, headings.length, headings.join('\n'));
  const names = headings.filter((heading) => heading.startsWith('HELP'));
  assert.equal(names.length * 2, headings.length);
  assert.ok(names.length > 20, names.join('\n'));
});

test('promtool finds no fault but names that Triton has given', async (t) => {
  const promtool = findPromtool();
  if (promtool === undefined) {
    t.skip('there is neither promtool nor its Debian package');
    return;
  }
  const checked = spawnSync(promtool, ['check', 'metrics'], { input: await scrape() });
  const faults = `${checked.stdout}${checked.stderr}`.trim().split('\n').filter(Boolean);
  const others = faults.filter((fault) => !fault.startsWith('nv_') || fault.includes('help'));
  assert.deepEqual(others, []);
  // 1 is for text that cannot be read, 3 for names that could be better.
  assert.ok([0, 3].includes(checked.status), `promtool ended with ${checked.status}`);
});

test('the histograms count what was asked of each model', async () => {
  const text = await scrape();
  const labels = (model) => `{model="${model}",version="1"}`;
  for (const [family, model, count] of [
    ['nereid_inference_request_duration_seconds', MODEL, 3],
    ['nereid_inference_queue_duration_seconds', MODEL, 3],
    ['nereid_inference_compute_duration_seconds', MODEL, 3],
    ['nereid_inference_request_duration_seconds', DECOUPLED, 1],
    ['nv_inference_first_response_histogram_ms', DECOUPLED, 1],
  ]) {
    assert.ok(text.includes(`${family}_count${labels(model)} ${count}\n`), `${family} ${model}`);
  }
  assert.ok(!text.includes(`nv_inference_first_response_histogram_ms_count${labels(MODEL)}`));
});

test('the statistics of a decoupled model tell of each response', async () => {
  const stats = await fetch(`${server.http}/v2/models/${DECOUPLED}/stats`);
  const [{ response_stats: responses }] = (await stats.json()).model_stats;
  assert.equal(responses[0].success.count, 1);
  assert.equal(responses[1].success.count, 1);
  assert.ok(responses[0].success.ns > 0);
});
