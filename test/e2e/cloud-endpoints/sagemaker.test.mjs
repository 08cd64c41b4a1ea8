import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer } from '@nereid/server';
import { ECHO_SOURCE, fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { startServer } from '../server-process.mjs';

const ECHO = { config: modelConfig('javascript'), source: ECHO_SOURCE };
const REQUEST = JSON.stringify(fp32Request([1, 2]));

test('a container with one model answers pings and invocations', async (t) => {
  const models = await writeModels(t, { echo: ECHO });
  const server = await startServer(
    [`--model-repository=${models}`, '--allow-sagemaker=true', '--sagemaker-port=0'],
    { environment: { SAGEMAKER_TRITON_DEFAULT_MODEL_NAME: 'echo' } },
  );
  t.after(() => server.kill());
  const endpoint = `http://${server.address('SageMaker Service')}`;
  assert.equal((await fetch(`${endpoint}/ping`)).status, 200);
  const answer = await fetch(`${endpoint}/invocations`, { method: 'POST', body: REQUEST });
  assert.equal(answer.status, 200);
  assert.deepEqual((await answer.json()).outputs[0].data, [1, 2]);
  const load = await fetch(`${endpoint}/models`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 'x', url: '/opt/ml/models/x/model' }),
  });
  assert.equal(load.status, 400);
  assert.match((await load.json()).error, /--model-control-mode=explicit/);
});

test('a container with many models loads, invokes and unloads them', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'nereid-sagemaker-'));
  t.after(() => rm(directory, { recursive: true }));
  const { endpoint, stop } = await startMultiModel(directory);
  t.after(stop);
  await writeSageMakerModel(directory, 'hash1', { folder: 'echo', config: `name: "echo"` });
  const url = `${directory}/hash1/model`;
  const load = { method: 'POST', body: JSON.stringify({ model_name: 'first', url }) };
  assert.deepEqual(await statusAndText(`${endpoint}/models`, load), [200, '']);
  assert.equal((await fetch(`${endpoint}/models`, load)).status, 409);
  const list = await fetch(`${endpoint}/models`);
  assert.deepEqual(await list.json(), { models: [{ modelName: 'first', modelUrl: url }] });

  const invoke = () => fetch(`${endpoint}/models/first/invoke`, { method: 'POST', body: REQUEST });
  const answer = await (await invoke()).json();
  assert.deepEqual([answer.model_name, answer.outputs[0].data], ['first', [1, 2]]);

  const broken = { model_name: 'second', url: `${directory}/none/model` };
  const refused = { method: 'POST', body: JSON.stringify(broken) };
  assert.equal((await fetch(`${endpoint}/models`, refused)).status, 400);
  assert.equal((await fetch(`${endpoint}/models/first`, { method: 'DELETE' })).status, 200);
  assert.equal((await invoke()).status, 404);
  assert.deepEqual(await statusAndText(`${endpoint}/models`, load), [200, '']);
  assert.equal((await invoke()).status, 200);
});

test('a model is served under the name of its archive', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'nereid-sagemaker-'));
  t.after(() => rm(directory, { recursive: true }));
  const { endpoint, stop } = await startMultiModel(directory);
  t.after(stop);
  await writeSageMakerModel(directory, 'hash1', { folder: 'echo', config: `name: "echo"` });
  const url = `${directory}/hash1/model`;
  const headers = { 'X-Amzn-SageMaker-Target-Model': 'shops/echo.tar.gz' };
  const load = (name) => ({
    method: 'POST',
    headers,
    body: JSON.stringify({ model_name: name, url }),
  });
  assert.deepEqual(await statusAndText(`${endpoint}/models`, load('hash1')), [200, '']);
  // One archive is one model, under whatever hash.
  assert.equal((await fetch(`${endpoint}/models`, load('hash2'))).status, 409);
  const model = `${endpoint}/models/hash1`;
  const answer = await fetch(`${model}/invoke`, { method: 'POST', headers, body: REQUEST });
  const { model_name: name, outputs } = await answer.json();
  assert.deepEqual([name, outputs[0].data], ['shops/echo.tar.gz', [1, 2]]);
  assert.equal((await fetch(model, { method: 'DELETE', headers })).status, 200);
  assert.equal((await fetch(model)).status, 404);
});

test('a container with many models serves an ensemble and its models from one folder', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'nereid-sagemaker-'));
  t.after(() => rm(directory, { recursive: true }));
  const { endpoint, stop } = await startMultiModel(directory);
  t.after(stop);
  await writeSageMakerModel(directory, 'hash1', { folder: 'echo', config: `name: "echo"` });
  const whole = join(directory, 'hash1', 'model', 'whole');
  await mkdir(join(whole, '1'), { recursive: true });
  await writeFile(join(whole, 'config.pbtxt'), ENSEMBLE_CONFIG);
  const url = `${directory}/hash1/model`;
  const load = { method: 'POST', body: JSON.stringify({ model_name: 'first', url }) };
  assert.deepEqual(await statusAndText(`${endpoint}/models`, load), [200, '']);
  const list = await (await fetch(`${endpoint}/models`)).json();
  assert.deepEqual(list, { models: [{ modelName: 'first', modelUrl: url }] });
  const invoke = () => fetch(`${endpoint}/models/first/invoke`, { method: 'POST', body: REQUEST });
  const answer = await (await invoke()).json();
  assert.deepEqual([answer.model_name, answer.outputs[0].data], ['first', [1, 2]]);
  assert.equal((await fetch(`${endpoint}/models/first`, { method: 'DELETE' })).status, 200);
  assert.equal((await invoke()).status, 404);

  await writeFile(join(whole, 'config.pbtxt'), ENSEMBLE_CONFIG.replaceAll('"echo"', '"missing"'));
  assert.equal((await fetch(`${endpoint}/models`, load)).status, 400);
  await writeFile(join(whole, 'config.pbtxt'), ENSEMBLE_CONFIG);
  assert.deepEqual(await statusAndText(`${endpoint}/models`, load), [200, '']);
  assert.equal((await invoke()).status, 200);
});

const ENSEMBLE_CONFIG = `name: "whole"
platform: "ensemble"
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
ensemble_scheduling { step [ {
  model_name: "echo" model_version: -1
  input_map { key: "INPUT0" value: "INPUT0" } output_map { key: "OUTPUT0" value: "OUTPUT0" }
} ] }
`;

/** Its models lie where SageMaker would have put them, but for the folder above all of them. */
async function startMultiModel(directory) {
  await mkdir(join(directory, 'empty'));
  const server = await createServer({
    modelRepository: join(directory, 'empty'),
    modelControlMode: 'explicit',
    http: false,
    grpc: false,
    metrics: false,
    sagemaker: { address: '127.0.0.1', port: 0, modelsDirectory: directory },
    log: { logInfo: false },
  });
  await server.start();
  const [{ port }] = server.addresses;
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => server.stop() };
}

async function writeSageMakerModel(directory, hash, { folder, config }) {
  const model = join(directory, hash, 'model', folder);
  await mkdir(join(model, '1'), { recursive: true });
  await writeFile(join(model, 'config.pbtxt'), `${config}\n${ECHO.config}`);
  await writeFile(join(model, '1', 'model.js'), ECHO.source);
}

async function statusAndText(url, request) {
  const answer = await fetch(url, request);
  return [answer.status, await answer.text()];
}
