import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { infer, post, startServer } from '../server-process.mjs';

const models = join(dirname(fileURLToPath(import.meta.url)), 'models');
const request = (value) => ({
  inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1], data: [value] }],
});
const timesTwo = `export const execute = (requests) => requests.map(({ inputs }) => ({
  outputs: { OUTPUT0: { shape: [1], data: inputs.INPUT0.data.map((x) => 2 * x) } },
}));`;

let folder;
let server;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-lifecycle-'));
  await cp(models, folder, { recursive: true });
  server = await startServer([`--model-repository=${folder}`, '--model-control-mode=explicit']);
});
after(async () => {
  server.kill();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  await cp(models, folder, { recursive: true });
  const { status, body } = await post(server, '/v2/repository/models/echo/load');
  assert.equal(status, 200, JSON.stringify(body));
});

test('a syntax error fails the load with the reason, and no request of the running version', async () => {
  let stop = false;
  const answers = [];
  const clients = Array.from({ length: 4 }, async () => {
    while (!stop) answers.push(await infer(server, 'echo', request(3)));
  });
  await writeFile(join(folder, 'echo', '1', 'model.js'), 'export function execute( {');
  const { status, body } = await post(server, '/v2/repository/models/echo/load');
  assert.equal(status, 400);
  assert.match(body.error, /^load failed for model 'echo': version 1 is at UNAVAILABLE state: /);
  assert.match(body.error, /SyntaxError|model\.js/);
  stop = true;
  await Promise.all(clients);
  assert.ok(answers.length > 0);
  assert.deepEqual(
    answers.filter(({ status, body }) => status !== 200 || body.outputs[0].data[0] !== 3),
    [],
  );
});

test('reloads of a changed model under load fail no request', async () => {
  let stop = false;
  const answers = [];
  const clients = Array.from({ length: 4 }, async () => {
    while (!stop) answers.push(await infer(server, 'echo', request(3)));
  });
  for (let round = 0; round < 5; round += 1) {
    const text = `// ${round}\n${timesTwo}`;
    await writeFile(join(folder, 'echo', '1', 'model.js'), text);
    assert.equal((await post(server, '/v2/repository/models/echo/load')).status, 200);
  }
  stop = true;
  await Promise.all(clients);
  const allowed = ({ status, body }) => status === 200 && [3, 6].includes(body.outputs[0].data[0]);
  assert.deepEqual(
    answers.filter((answer) => !allowed(answer)),
    [],
  );
  assert.deepEqual((await infer(server, 'echo', request(3))).body.outputs[0].data, [6]);
});

test('a file override that points out of the model folder writes nothing', async () => {
  const config = JSON.stringify({ name: 'echo', backend: 'javascript' });
  const { status, body } = await post(server, '/v2/repository/models/echo/load', {
    parameters: { config, 'file:../escaped.js': Buffer.from('x').toString('base64') },
  });
  assert.equal(status, 500);
  assert.match(body.error, /failed to load 'echo', failed to poll from model repository.*\.\.\//s);
});

test('an unloaded model refuses requests and comes back by a load', async () => {
  assert.equal((await post(server, '/v2/repository/models/echo/unload')).status, 200);
  const refused = await infer(server, 'echo', request(1));
  assert.equal(refused.status, 404);
  assert.match(refused.body.error, /has no available versions/);
  assert.equal((await post(server, '/v2/repository/models/echo/load')).status, 200);
  assert.equal((await infer(server, 'echo', request(1))).status, 200);
});

test('a model that leaves its thread fails that request only and serves the next', async () => {
  const text = `export const execute = (requests) => {
    if (requests[0].inputs.INPUT0.data[0] < 0) process.exit(3);
    return requests.map(({ inputs }) => ({ outputs: { OUTPUT0: inputs.INPUT0 } }));
  };`;
  await writeFile(join(folder, 'echo', '1', 'model.js'), text);
  assert.equal((await post(server, '/v2/repository/models/echo/load')).status, 200);
  const failed = await infer(server, 'echo', request(-1));
  assert.equal(failed.status, 500);
  assert.match(failed.body.error, /echo/);
  const deadline = Date.now() + 5000;
  let answer = await infer(server, 'echo', request(1));
  while (answer.status !== 200 && Date.now() < deadline)
    answer = await infer(server, 'echo', request(1));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
});
