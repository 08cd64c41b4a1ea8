import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { infer, percentile, startServer } from '../server-process.mjs';

const models = join(dirname(fileURLToPath(import.meta.url)), 'models');
const LOAD_MS = 4000;
const CLIENTS = 8;
/** Far below the model's 200 ms, which one blocked event loop would show at once. */
const HEALTH_LIMIT_MS = 20;

test('health answers at once while a model computes for 200 ms at a time', async (t) => {
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  const endMs = Date.now() + LOAD_MS;
  const statuses = [];
  const clients = Array.from({ length: CLIENTS }, async (_, index) => {
    while (Date.now() < endMs) {
      const answer = await infer(server, 'busy', {
        inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1], data: [index] }],
      });
      assert.deepEqual(answer.body.outputs?.[0]?.data, [index]);
      statuses.push(answer.status);
    }
  });
  const latenciesMs = [];
  while (Date.now() < endMs) {
    const startMs = performance.now();
    const response = await fetch(`${server.http}/v2/health/ready`);
    await response.arrayBuffer();
    latenciesMs.push(performance.now() - startMs);
    assert.equal(response.status, 200);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await Promise.all(clients);
  const p99 = percentile(latenciesMs, 0.99);
  t.diagnostic(`${latenciesMs.length} health requests, p99 ${p99.toFixed(1)} ms`);
  assert.ok(statuses.length >= LOAD_MS / 200 / 2);
  assert.ok(p99 < HEALTH_LIMIT_MS, `p99 is ${p99} ms`);
});
