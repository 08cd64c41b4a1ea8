import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { post, root, startServer } from '../server-process.mjs';

test('generate does not wait for the end of a model that answers without end', async (t) => {
  const server = await startServer([
    `--model-repository=${join(root, 'test', 'models', 'clients')}`,
    '--model-control-mode=explicit',
    '--load-model=repeat',
  ]);
  t.after(() => server.kill());
  const path = '/v2/models/repeat/generate';
  const many = await post(server, path, { N: 2_000_000_000 });
  assert.equal(many.status, 200);
  assert.match(many.body.error, /exactly 1 response/);
  // The model has one instance: it is free again.
  const one = await post(server, path, { N: 1 });
  assert.equal(one.body.OUT, 0);
  // Its client was answered, so that the request is none that was cancelled.
  const statistics = await fetch(`${server.http}/v2/models/repeat/stats`);
  const { inference_stats: counts } = (await statistics.json()).model_stats[0];
  assert.equal(counts.success.count, 2);
  assert.equal(counts.fail.count, 0);
  const metrics = await (await fetch(`${server.metrics}/metrics`)).text();
  assert.match(metrics, /nv_inference_request_failure{[^}]*"CANCELED"[^}]*} 0\n/);
});
