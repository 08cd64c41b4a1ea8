import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from '../server-process.mjs';

const require = createRequire(join(root, 'packages', 'grpc-frontend', 'package.json'));
const { Client, credentials, Metadata } = require('@grpc/grpc-js');
const models = `--model-repository=${join(root, 'examples', 'model_repository')}`;
const EMPTY = Buffer.alloc(0);
const UNAVAILABLE = 14;

test('restricted APIs need their header, on both protocols', async (t) => {
  const server = await startServer([
    models,
    '--model-control-mode=explicit',
    '--http-restricted-api=model-repository,statistics:admin-key=secret',
    '--http-restricted-api=logging:log-key=other',
    '--grpc-restricted-protocol=model-repository:admin-key=secret',
  ]);
  t.after(() => server.kill());
  const index = (headers) =>
    fetch(`${server.http}/v2/repository/index`, { method: 'POST', headers });
  const refused = await index({});
  assert.equal(refused.status, 403);
  const { error } = await refused.json();
  assert.equal(error, "This API is restricted, expecting header 'admin-key'");
  assert.equal((await index({ 'admin-key': 'wrong' })).status, 403);
  assert.equal((await index({ 'admin-key': 'secret' })).status, 200);
  assert.equal((await fetch(`${server.http}/v2/logging`)).status, 403);
  assert.equal((await fetch(`${server.http}/v2`)).status, 200);
  assert.equal((await repositoryIndex(server, {})).code, UNAVAILABLE);
  const key = { 'triton-grpc-protocol-admin-key': 'secret' };
  assert.equal((await repositoryIndex(server, key)).code, 0);
});

function repositoryIndex(server, headers) {
  const client = new Client(server.grpc, credentials.createInsecure());
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const path = '/inference.GRPCInferenceService/RepositoryIndex';
  const identity = (bytes) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, identity, identity, EMPTY, metadata, (error) => {
      client.close();
      resolve({ code: error?.code ?? 0, text: error?.details ?? '' });
    });
  });
}
