import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { infer, root, startServer } from '../server-process.mjs';

const require = createRequire(join(root, 'packages', 'grpc-frontend', 'package.json'));
const { Client, credentials } = require('@grpc/grpc-js');
const models = join(root, 'test', 'e2e', 'generate', 'models');
const identity = join(root, 'examples', 'model_repository');
const FLAGS = [
  `--model-repository=${models}`,
  `--model-repository=${identity}`,
  '--model-control-mode=explicit',
  '--load-model=text',
  '--load-model=identity',
];
const NOT_FOUND = 5;

test('each request leaves a line of JSON, on both protocols', async (t) => {
  const { server, lines } = await startLogged(t, 'json');
  const body = await infer(server, 'identity', {
    id: 'mine',
    inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
  });
  assert.equal(body.status, 200, JSON.stringify(body.body));
  await fetch(`${server.http}/v2/models/nope/infer`, { method: 'POST', body: '{}' });
  const stream = await fetch(`${server.http}/v2/models/text/generate_stream`, {
    method: 'POST',
    body: JSON.stringify({ text_input: 'hi', count: 3 }),
  });
  const streamed = await stream.text();
  await callGrpc(server, 'ServerLive');
  await callGrpc(server, 'ModelConfig', Buffer.from('\n\x04nope'));
  await server.stop();

  const entries = (await lines()).map((line) => JSON.parse(line));
  const find = (path) => entries.find((entry) => entry.path === path);
  const inferred = find('/v2/models/identity/infer');
  assert.equal(inferred.status, 200);
  assert.equal(inferred.client, '127.0.0.1');
  assert.deepEqual(
    [inferred.model, inferred.version, inferred.request_id],
    ['identity', 1, 'mine'],
  );
  assert.ok(inferred.sent_bytes > 50 && inferred.duration_us > 0);
  for (const member of ['queue_us', 'compute_input_us', 'compute_infer_us', 'compute_output_us']) {
    assert.ok(inferred[member] >= 0 && inferred[member] <= inferred.duration_us, member);
  }
  assert.equal(find('/v2/models/nope/infer').status, 404);
  const generated = find('/v2/models/text/generate_stream');
  assert.deepEqual([generated.sent_bytes, generated.model], [streamed.length, 'text']);
  const live = find('/inference.GRPCInferenceService/ServerLive');
  assert.deepEqual([live.protocol, live.status, live.client], ['gRPC', 0, '127.0.0.1']);
  assert.equal(find('/inference.GRPCInferenceService/ModelConfig').status, NOT_FOUND);
});

test('the common format is read by what reads the logs of web servers', async (t) => {
  const { server, lines } = await startLogged(t, 'common');
  await fetch(`${server.http}/v2/repository/index`, { method: 'POST' });
  await server.stop();
  const line = (await lines()).find((text) => text.includes('/v2/repository/index'));
  const common =
    /^127\.0\.0\.1 - - \[[^\]]+ \+0000\] "POST \/v2\/repository\/index HTTP\/1\.1" 200 \d+ /;
  assert.match(line, common);
});

async function startLogged(t, format) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-access-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'access.log');
  const server = await startServer([
    ...FLAGS,
    `--access-log=${format}`,
    `--access-log-file=${file}`,
  ]);
  t.after(() => server.kill());
  const lines = async () => (await readFile(file, 'utf8')).trimEnd().split('\n');
  return { server, lines };
}

function callGrpc(server, method, message = Buffer.alloc(0)) {
  const client = new Client(server.grpc, credentials.createInsecure());
  const same = (bytes) => bytes;
  return new Promise((resolve) => {
    const path = `/inference.GRPCInferenceService/${method}`;
    client.makeUnaryRequest(path, same, same, message, (error) => {
      client.close();
      resolve(error?.code ?? 0);
    });
  });
}
