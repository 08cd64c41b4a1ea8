import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from '../server-process.mjs';

const examples = `--model-repository=${join(root, 'examples', 'model_repository')}`;
const explicit = '--model-control-mode=explicit';

test('shows the models and their states at start-up', async (t) => {
  const server = await startServer([examples, explicit, '--load-model=identity']);
  t.after(() => server.kill());
  assert.match(server.log, /\|\s*identity\s*\|\s*1\s*\|\s*READY\s*\|/);
  const metadata = await (await fetch(`${server.http}/v2`)).json();
  assert.equal(metadata.name, 'nereid');
  assert.match(metadata.version, /^\d+\.\d+\.\d+$/);
  assert.equal(await server.stop(), 0);
});

test('takes another name by --id', async (t) => {
  const server = await startServer([examples, explicit, '--id=triton']);
  t.after(() => server.kill());
  assert.equal((await (await fetch(`${server.http}/v2`)).json()).name, 'triton');
});

test('exits with 1 when a start-up model cannot be loaded, and says why', async (t) => {
  const server = await startServer([examples, explicit, '--load-model=no_such_model']);
  t.after(() => server.kill());
  assert.equal(await server.stop(), 1);
  assert.match(server.log, /no_such_model/);
});

test('stays up with --exit-on-error=false, live and not ready', async (t) => {
  const args = [examples, explicit, '--load-model=no_such_model', '--exit-on-error=false'];
  const server = await startServer(args, { waitForReady: false });
  t.after(() => server.kill());
  assert.equal((await fetch(`${server.http}/v2/health/live`)).status, 200);
});

test('exits with 1 when a port is taken, and names it', async (t) => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await once(occupant, 'listening');
  t.after(() => occupant.close());
  const { port } = occupant.address();
  const server = await startServer([examples, explicit, `--http-port=${port}`]);
  t.after(() => server.kill());
  assert.equal(await server.stop(), 1);
  assert.match(server.log, new RegExp(`127\\.0\\.0\\.1:${port}`));
});

test('names the nearest flag when one is unknown', async () => {
  const server = await startServer([examples, '--model-controll-mode=explicit']);
  assert.equal(await server.stop(), 1);
  assert.match(server.log, /--model-control-mode/);
});

test('refuses a flag whose value has no meaning, instead of ignoring it', async () => {
  const server = await startServer([examples, '--rate-limit-resource=R1']);
  assert.equal(await server.stop(), 1);
  assert.match(server.log, /--rate-limit-resource option format is '<resource_name>:<count>/);
});

test('lists the backends it found when a model names an unknown one', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-start-up-'));
  t.after(() => rm(folder, { recursive: true }));
  const args = [`--model-repository=${folder}`, explicit];
  const server = await startServer(args);
  t.after(() => server.kill());
  const config = JSON.stringify({
    name: 'm',
    backend: 'openvino',
    input: [{ name: 'A', data_type: 'TYPE_FP32', dims: [1] }],
    output: [{ name: 'B', data_type: 'TYPE_FP32', dims: [1] }],
  });
  const file = Buffer.from('x').toString('base64');
  const response = await fetch(`${server.http}/v2/repository/models/m/load`, {
    method: 'POST',
    body: JSON.stringify({ parameters: { config, 'file:1/model.xml': file } }),
  });
  const { error } = await response.json();
  assert.match(error, /identity, javascript, onnxruntime/);
  assert.match(error, /npm install @nereid\/backend-openvino/);
});
