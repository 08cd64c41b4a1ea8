import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type InferError, type InferenceServer, isInferError, type Tensor } from '@nereid/core';
import { fakeInferenceRequest, fp32Tensor, fp32Values } from '@nereid/testing';
import { createServer } from './create-server.js';
import type { NereidServer } from './nereid-server.js';
import type { ServerOptions } from './server-settings.js';

const LOAD_MS = 400;
const EXECUTE_MS = 300;

/** A backend whose models take their time to load and to execute. */
const SLOW_BACKEND = `
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const instance = {
  async execute(batch, timer) {
    await sleep(${EXECUTE_MS});
    for (const pending of batch) {
      const [input] = pending.request.inputs;
      void pending.respond({ outputs: [{ ...input, name: 'OUTPUT' }] });
      pending.finish();
    }
  },
  async close() {},
};
const model = { createInstance: async () => instance, async close() {} };
const backend = { loadModel: () => sleep(${LOAD_MS}).then(() => model), async close() {} };
export default { createBackend: () => backend };
`;

let folder: string;
let started: NereidServer[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-server-'));
  await write('plugins/slow/index.js', SLOW_BACKEND);
  const nereid = { apiVersion: 1, backends: { slow: './index.js' } };
  const manifest = { name: 'slow', version: '1.0.0', type: 'module', nereid };
  await write('plugins/slow/package.json', JSON.stringify(manifest));
  await writeModel('models', 'echo', 'identity');
  await writeModel('slow-models', 'slow', 'slow');
  await writeModel('broken-models', 'broken', 'no-such-backend');
});

after(() => rm(folder, { recursive: true }));

test.afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()));
  started = [];
});

test('serves inside the process, without a network', async () => {
  const server = await start({ http: false, grpc: false, metrics: false });
  assert.deepEqual(server.addresses, []);
  assert.equal(server.inference.isReady(), true);
  assert.deepEqual(await inferThrough(server.inference, 'echo'), [1, 2]);
  assert.equal(await server.stop(), true);
});

test('two servers live side by side', async () => {
  const [one, other] = [await start({ id: 'one' }), await start({ id: 'other' })];
  assert.notEqual(httpPort(one), httpPort(other));
  assert.match(await (await get(one, '')).text(), /"name":"one"/);
  assert.match(await (await get(other, '')).text(), /"name":"other"/);
  await one.stop();
  assert.deepEqual(await inferThrough(other.inference, 'echo'), [1, 2]);
});

test('answers health while models load', async () => {
  const server = await create({ modelRepository: join(folder, 'slow-models') });
  const starting = server.start();
  while (httpPort(server) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.notEqual((await get(server, '/health/ready')).status, 200);
  await starting;
  assert.equal((await get(server, '/health/ready')).status, 200);
});

test('answers requests that were accepted before it stops', async () => {
  const server = await start({ modelRepository: join(folder, 'slow-models') });
  const answer = inferThrough(server.inference, 'slow');
  assert.equal(await server.stop(), true);
  assert.deepEqual(await answer, [1, 2]);
});

test('a model that fails to load fails the start, unless that is allowed', async () => {
  const modelRepository = join(folder, 'broken-models');
  const strict = await create({ modelRepository });
  await assert.rejects(strict.start(), /failed to load all models: broken/);
  const lenient = await start({ modelRepository, exitOnError: false });
  assert.equal((await get(lenient, '/health/live')).status, 200);
  assert.equal((await get(lenient, '/health/ready')).status, 400);
});

test('a port that is taken fails the start with the address and the flag', async () => {
  const occupant = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => occupant.once('listening', resolve));
  const address = occupant.address();
  assert.ok(address && typeof address === 'object');
  const server = await create({ http: { address: '127.0.0.1', port: address.port } });
  await assert.rejects(server.start(), (error) => {
    const { message } = error as Error;
    return message.includes(`127.0.0.1:${address.port}`) && message.includes('--http-port');
  });
  occupant.close();
});

async function create(options: Partial<ServerOptions>): Promise<NereidServer> {
  const local = { address: '127.0.0.1', port: 0 };
  const server = await createServer({
    modelRepository: join(folder, 'models'),
    http: local,
    grpc: local,
    metrics: local,
    exitTimeoutSecs: 5,
    pluginDirectories: [join(folder, 'plugins')],
    log: { logInfo: false, logWarning: false, logError: false },
    ...options,
  });
  started.push(server);
  return server;
}

async function start(options: Partial<ServerOptions>): Promise<NereidServer> {
  const server = await create(options);
  await server.start();
  return server;
}

function httpPort(server: NereidServer): number | undefined {
  return server.addresses.find(({ service }) => service === 'HTTPService')?.port;
}

function get(server: NereidServer, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${httpPort(server)}/v2${path}`);
}

/** The values that come back for [1, 2]. */
function inferThrough(server: InferenceServer, modelName: string): Promise<readonly number[]> {
  const inputs = [fp32Tensor('INPUT', [1, 2], [1, 2])];
  return new Promise((resolve, reject) => {
    let outputs: readonly Tensor[] = [];
    server.infer(fakeInferenceRequest({ modelName, inputs }), {
      response(response) {
        outputs = response.outputs;
        return undefined;
      },
      end: (error?: InferError) => {
        if (isInferError(error)) reject(error);
        else resolve(outputs.flatMap((output) => fp32Values(output)));
      },
    });
  });
}

async function writeModel(repository: string, name: string, backend: string): Promise<void> {
  const config = `name: "${name}"
backend: "${backend}"
max_batch_size: 4
input [{ name: "INPUT" data_type: TYPE_FP32 dims: [ 2 ] }]
output [{ name: "OUTPUT" data_type: TYPE_FP32 dims: [ 2 ] }]
`;
  await write(`${repository}/${name}/config.pbtxt`, config);
  await write(`${repository}/${name}/1/.gitkeep`, '');
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}
