import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Frontend } from '@nereid/core';
import { EchoServer, exchangeRaw, requestBytes, startFrontend } from './http-test-kit.js';
import vertexAiPlugin from './vertex-ai-plugin.js';

const DATA = '[0.0,1.0,2.0,3.0]';
const INPUT = `{"name":"INPUT0","shape":[1,4],"datatype":"FP32","data":${DATA}}`;
const JSON_REQUEST = `{"inputs":[${INPUT}]}`;
const BINARY_TYPE = 'application/vnd.vertex-ai-triton.binary+json;json-header-size=';
const ROUTES = { 'predict-route': '/predict', 'health-route': '/health' };

let server = new EchoServer();
let running: Frontend[] = [];
let port = 0;

async function start(settings: Readonly<Record<string, string>>): Promise<void> {
  const { frontend, address } = await startFrontend(vertexAiPlugin, server, settings);
  running.push(frontend);
  port = address.port;
}

beforeEach(async () => {
  server = new EchoServer();
  await start({ ...ROUTES, 'default-model': 'echo', 'restricted-api': 'trace:key=secret' });
});

afterEach(async () => {
  await Promise.all(running.map((frontend) => frontend.stop(0)));
  running = [];
});

async function send(line: string, body: string | Uint8Array = '', headers: string[] = []) {
  const answer = await exchangeRaw(port, requestBytes(line, body, headers));
  assert(answer !== undefined, 'the connection was closed without an answer');
  return { ...answer, text: answer.body.toString('utf8') };
}

function redirect(target: string, body = '') {
  return send('POST /predict', body, [`X-Vertex-Ai-Triton-Redirect: ${target}`]);
}

describe('the routes of Vertex AI', () => {
  it('answer health by readiness', async () => {
    assert.equal((await send('GET /health')).status, 200);
    server.ready = false;
    assert.equal((await send('GET /health')).status, 400);
  });

  it('predict with the default model', async () => {
    const { status, text } = await send('POST /predict', JSON_REQUEST);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text).outputs[0].data, [0, 1, 2, 3]);
  });

  it('take binary tensors, with the length in the content type', async () => {
    const json = Buffer.from(
      '{"inputs":[{"name":"INPUT0","shape":[1,2],"datatype":"FP32",' +
        '"parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}',
    );
    const tensor = Buffer.from(new Float32Array([1.5, -2]).buffer);
    const answer = await send('POST /predict', Buffer.concat([json, tensor]), [
      `Content-Type: ${BINARY_TYPE}${json.length}`,
    ]);
    const type = /^content-type: (.*)$/im.exec(answer.head)?.[1] ?? '';
    assert(type.startsWith(BINARY_TYPE), answer.head);
    assert.deepEqual(answer.body.subarray(Number(type.slice(BINARY_TYPE.length))), tensor);
  });

  it('are the only ones', async () => {
    assert.equal((await send('GET /v2')).status, 404);
    assert.equal((await send('GET /predict')).status, 405);
    assert.equal((await send('POST /health')).status, 405);
  });

  it('are both needed', async () => {
    await assert.rejects(start({ 'predict-route': '/predict' }), /'health-route' must be a path/);
  });
});

describe('the redirection', () => {
  it('reaches inference, with or without a leading slash', async () => {
    for (const target of ['v2/models/echo/infer', '/v2/models/echo/versions/1/infer']) {
      assert.equal((await redirect(target, JSON_REQUEST)).status, 200);
    }
    assert.match(
      (await redirect('v2/models/none/infer', JSON_REQUEST)).text,
      /'none' is not found/,
    );
  });

  it('reads endpoints that take no POST, and metrics', async () => {
    assert.match((await redirect('v2')).text, /"name":"triton"/);
    assert.equal((await redirect('v2/models/echo/config')).text, '{"name":"echo"}');
    assert.equal((await redirect('metrics')).text, 'nv_inference_count 1\n');
    assert.equal((await redirect('nowhere')).status, 404);
  });

  it('reads settings without a body, and changes them with one', async () => {
    assert.match((await redirect('v2/logging')).text, /"log_verbose_level":0/);
    await redirect('v2/logging', '{"log_verbose_level":2}');
    assert.equal(server.settings.logVerboseLevel, 2);
    await redirect('v2/repository/models/idle/load');
    assert.deepEqual(
      server.loads.map(([name]) => name),
      ['idle'],
    );
  });

  it('leads past no restriction', async () => {
    assert.equal((await redirect('v2/trace/setting')).status, 403);
  });
});

describe('without a default model', () => {
  it('the only one of the repository is it', async () => {
    await start(ROUTES);
    const refused = await send('POST /predict', JSON_REQUEST);
    assert.equal(refused.status, 400);
    assert.match(refused.text, /only a single model if default model is not specified/);
    const index = [{ name: 'echo', version: 1, state: 'READY', reason: '' } as never];
    server.repositoryIndex = () => Promise.resolve(index);
    assert.equal((await send('POST /predict', JSON_REQUEST)).status, 200);
  });
});
