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
});
