import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Frontend, type FrontendPlugin, InferError, type ModelFolders } from '@nereid/core';
import { EchoServer, exchangeRaw, requestBytes, startFrontend } from './http-test-kit.js';
import sagemakerPlugin from './sagemaker-plugin.js';

const DATA = '[0.0,1.0,2.0,3.0]';
const INPUT = `{"name":"INPUT0","shape":[1,4],"datatype":"FP32","data":${DATA}}`;
const JSON_REQUEST = `{"inputs":[${INPUT}]}`;
const BINARY_TYPE = 'application/vnd.sagemaker-triton.binary+json;json-header-size=';
const URL = '/opt/ml/models/0a1b/model';

/** Keeps what was added. */
class FakeModelFolders implements ModelFolders {
  readonly directories = new Map<string, string>();

  /** Other models that come with each. */
  members: readonly string[] = [];

  async add(modelName: string, directory: string): Promise<readonly string[]> {
    if (modelName === 'taken') throw new InferError('ALREADY_EXISTS', 'taken');
    this.directories.set(modelName, directory);
    return [modelName, ...this.members];
  }

  remove(modelName: string): void {
    this.directories.delete(modelName);
  }
}

let server = new EchoServer();
let folders = new FakeModelFolders();
let running: Frontend[] = [];
let port = 0;

async function start(
  settings: Readonly<Record<string, string>>,
  modelFolders: ModelFolders | undefined,
): Promise<void> {
  const plugin: FrontendPlugin = {
    createFrontend: (of, context) =>
      sagemakerPlugin.createFrontend(of, { ...context, modelFolders }),
  };
  const { frontend, address } = await startFrontend(plugin, server, settings);
  running.push(frontend);
  port = address.port;
}

beforeEach(async () => {
  server = new EchoServer();
  folders = new FakeModelFolders();
  await start({ 'default-model-name': 'echo' }, folders);
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

async function statusOf(line: string, body = ''): Promise<number> {
  return (await send(line, body)).status;
}

function load(modelName: string, url = URL) {
  return send('POST /models', JSON.stringify({ model_name: modelName, url }));
}

describe('the endpoint for one model', () => {
  it('answers a ping by readiness, or by liveness where that is set', async () => {
    server.ready = false;
    assert.equal(await statusOf('GET /ping'), 400);
    await start({ 'ping-mode': 'live' }, undefined);
    assert.equal(await statusOf('GET /ping'), 200);
    assert.equal(await statusOf('POST /ping'), 405);
  });

  it('invokes the default model with JSON', async () => {
    const { status, text } = await send('POST /invocations', JSON_REQUEST);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text).outputs[0].data, [0, 1, 2, 3]);
    assert.equal(server.requests[0]?.modelName, 'echo');
  });

  it('takes and answers binary tensors, with the length in the content type', async () => {
    const json = Buffer.from(
      '{"inputs":[{"name":"INPUT0","shape":[1,2],"datatype":"FP32",' +
        '"parameters":{"binary_data_size":8}}],"parameters":{"binary_data_output":true}}',
    );
    const tensor = Buffer.from(new Float32Array([1.5, -2]).buffer);
    const answer = await send('POST /invocations', Buffer.concat([json, tensor]), [
      `Content-Type: ${BINARY_TYPE}${json.length}`,
    ]);
    assert.equal(answer.status, 200, answer.text);
    const type = /^content-type: (.*)$/im.exec(answer.head)?.[1] ?? '';
    assert(type.startsWith(BINARY_TYPE), answer.head);
    assert.doesNotMatch(answer.head, /inference-header-content-length/i);
    const length = Number(type.slice(BINARY_TYPE.length));
    assert.deepEqual(answer.body.subarray(length), tensor);
    assert.equal(JSON.parse(answer.text.slice(0, length)).model_name, 'echo');
  });

  it('refuses a binary content type without a length, and ignores the header field', async () => {
    const type = 'Content-Type: application/vnd.sagemaker-triton.binary+json';
    assert.match((await send('POST /invocations', JSON_REQUEST, [type])).text, /json-header-size/);
    const field = 'Inference-Header-Content-Length: 3';
    assert.equal((await send('POST /invocations', JSON_REQUEST, [field])).status, 200);
  });

  it('generates where that is set, and says which model is missing', async () => {
    await start({ 'inference-type': 'generate_stream' }, undefined);
    const { status, text } = await send('POST /invocations', '{}');
    assert.equal(status, 404);
    assert.match(text, /unspecified_SAGEMAKER_TRITON_DEFAULT_MODEL_NAME/);
    await start({ 'inference-type': 'generate_stream', 'default-model-name': 'echo' }, undefined);
    const input = { name: 'INPUT0', datatype: 'FP32', shape: [-1] } as const;
    const metadata = { name: 'echo', versions: [1], platform: '', inputs: [input], outputs: [] };
    server.modelMetadata = () => metadata;
    const stream = await send('POST /invocations', '{"INPUT0":1}');
    assert.match(stream.head, /content-type: text\/event-stream/i);
    const unknown = start({ 'inference-type': 'guess' }, undefined);
    await assert.rejects(unknown, /inference-type/);
  });
});

describe('the endpoint for many models', () => {
  it('loads, lists, invokes and unloads a model', async () => {
    assert.equal((await load('echo')).status, 200);
    assert.deepEqual(server.loads, [['echo', {}]]);
    assert.equal(folders.directories.get('echo'), URL);
    const model = { modelName: 'echo', modelUrl: URL };
    assert.deepEqual(JSON.parse((await send('GET /models')).text), { models: [model] });
    assert.deepEqual(JSON.parse((await send('GET /models/echo')).text), model);
    assert.equal(await statusOf('POST /models/echo/invoke', JSON_REQUEST), 200);
    assert.equal(await statusOf('DELETE /models/echo'), 200);
    assert.deepEqual(server.unloads, [['echo', true]]);
    assert.equal(folders.directories.size, 0);
    assert.equal((await send('GET /models')).text, '{"models":[]}');
  });

  it('serves a model under the name that the header field gives it', async () => {
    const field = 'X-Amzn-SageMaker-Target-Model: shops/Houston.tar.gz';
    const body = JSON.stringify({ model_name: '0a1b', url: URL });
    assert.equal((await send('POST /models', body, [field])).status, 200);
    assert.deepEqual(server.loads, [['shops/Houston.tar.gz', {}]]);
    assert.equal(folders.directories.get('shops/Houston.tar.gz'), URL);
    const model = { modelName: '0a1b', modelUrl: URL };
    assert.deepEqual(JSON.parse((await send('GET /models/0a1b')).text), model);
    const { text } = await send('POST /models/0a1b/invoke', JSON_REQUEST);
    assert.match(text, /unknown model: 'shops\/Houston.tar.gz'/);
    assert.equal(await statusOf('DELETE /models/0a1b'), 200);
    assert.deepEqual(server.unloads, [['shops/Houston.tar.gz', true]]);
    assert.equal(folders.directories.size, 0);
    assert.equal(await statusOf('POST /models/0a1b/invoke', JSON_REQUEST), 404);
  });

  it('answers 404 for what is not loaded and 409 for what is', async () => {
    assert.equal(await statusOf('GET /models/echo'), 404);
    assert.equal(await statusOf('DELETE /models/echo'), 404);
    assert.equal(await statusOf('POST /models/echo/invoke', JSON_REQUEST), 404);
    assert.equal(server.requests.length, 0);
    await load('echo');
    assert.equal((await load('echo')).status, 409);
    assert.equal(server.loads.length, 1);
  });

  it('answers 507 for too little memory, 400 for another failure, and forgets both', async () => {
    for (const [message, status] of [
      ['CUDA out of memory', 507],
      ['std::bad_alloc', 507],
      ['MemoryError: Unable to allocate 9 GiB', 507],
      ['ResourceExhausted: OOM when allocating tensor', 507],
      ['java.lang.OutOfMemoryError', 507],
      ['Dst tensor is not initialized', 507],
      ['CUBLAS_STATUS_ALLOC_FAILED', 507],
      ['ENOSPC: No space left on device', 507],
      ['the model of BOOM is broken', 400],
      ['no version of the model', 400],
    ] as const) {
      server.loadModel = () => Promise.reject(new InferError('INTERNAL', message));
      const answer = await load('large');
      assert.deepEqual([answer.status, answer.text], [status, JSON.stringify({ error: message })]);
      assert.equal(await statusOf('GET /models/large'), 404);
      assert.equal(folders.directories.size, 0);
    }
  });

  it('answers 507 when an invocation fails for too little memory', async () => {
    await load('echo');
    const fail = (message: string) => {
      server.onInfer = (_, sink) => sink.end(new InferError('INTERNAL', message));
    };
    fail('CUDA out of memory');
    for (const path of ['/invocations', '/models/echo/invoke']) {
      const answer = await send(`POST ${path}`, JSON_REQUEST);
      assert.deepEqual([answer.status, answer.text], [507, '{"error":"CUDA out of memory"}']);
    }
    fail('broken');
    assert.equal(await statusOf('POST /models/echo/invoke', JSON_REQUEST), 500);
  });

  it('unloads what was loaded of an ensemble that fails', async () => {
    folders.members = ['before', 'after'];
    server.loadModel = () => Promise.reject(new InferError('INTERNAL', 'broken'));
    assert.equal((await load('whole')).status, 400);
    assert.deepEqual(server.unloads, [
      ['before', false],
      ['after', false],
    ]);
    assert.equal(folders.directories.size, 0);
  });

  it('answers 409 for a name that another model has', async () => {
    assert.equal((await load('taken')).status, 409);
    assert.equal(await statusOf('GET /models/taken'), 404);
  });

  it('loads from the folders of SageMaker only', async () => {
    for (const url of ['/etc/model', '/opt/ml/models/../x/model', '/opt/ml/models/a/b', '', '..']) {
      const { status, text } = await load('echo', url);
      assert.equal(status, 400);
      assert.match(text, /is not of the form \/opt\/ml\/models\/<hash>\/model/);
    }
    assert.equal((await load('echo', `${URL}/sub/..`)).status, 400);
    assert.equal((await load('echo', `${URL}/sub`)).status, 200);
  });

  it('refuses a load whose body says nothing, and any without explicit control', async () => {
    for (const body of ['', '[]', '{"model_name":1,"url":2}', '{"model_name":"a/b","url":"x"}']) {
      assert.equal(await statusOf('POST /models', body), 400);
    }
    await start({}, undefined);
    const { status, text } = await load('echo');
    assert.equal(status, 400);
    assert.match(text, /--model-control-mode=explicit/);
  });

  it('waits until an unloaded model has finished its requests', async () => {
    await load('echo');
    const states = ['UNLOADING', 'UNLOADING', 'UNAVAILABLE'] as const;
    let asked = 0;
    server.repositoryIndex = () => {
      const state = states[asked] ?? 'UNAVAILABLE';
      asked += 1;
      return Promise.resolve([{ name: 'echo', version: 1, state, reason: '' } as never]);
    };
    assert.equal(await statusOf('DELETE /models/echo'), 200);
    assert.equal(asked, 3);
  });

  it('knows no other paths and verbs', async () => {
    assert.equal(await statusOf('PUT /models'), 405);
    assert.equal(await statusOf('POST /models/echo'), 405);
    assert.equal(await statusOf('GET /v2/models/echo'), 404);
    assert.equal(await statusOf('GET /models/echo/other'), 404);
  });
});

describe('a restricted repository', () => {
  it('is not managed without the header field', async () => {
    await start({ 'restricted-api': 'model-repository:key=secret' }, folders);
    assert.equal(await statusOf('GET /models'), 403);
    assert.equal((await send('GET /models', '', ['key: secret'])).status, 200);
  });
});
