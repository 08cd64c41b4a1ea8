import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { describeProbe, startProbe } from '../probe.mjs';
import { infer, startServer } from '../server-process.mjs';

const models = join(dirname(fileURLToPath(import.meta.url)), 'models');
const LOAD_MS = 4000;
const CLIENTS = 8;
/** Far below the model's 200 ms, which one blocked event loop would show at once. */
const HEALTH_LIMIT_MS = 20;

test('health answers at once while a model computes for 200 ms at a time', async (t) => {
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  const stopProbe = await startProbe(t, server);
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
  await Promise.all(clients);
  const health = await stopProbe();
  t.diagnostic(describeProbe(health));
  assert.ok(statuses.length >= LOAD_MS / 200 / 2);
  assert.ok(health.ownMs < HEALTH_LIMIT_MS, describeProbe(health));
});
