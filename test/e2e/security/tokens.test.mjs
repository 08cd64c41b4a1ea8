import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startServer } from '../server-process.mjs';

const require = createRequire(join(root, 'packages', 'grpc-frontend', 'package.json'));
const { Client, credentials, Metadata } = require('@grpc/grpc-js');
const models = `--model-repository=${join(root, 'examples', 'model_repository')}`;
const CLIENT = 'client-token-0123456789';
const ADMIN = 'admin-token-0123456789';
const NEXT = 'next-token-0123456789';
const UNAUTHENTICATED = 16;
const PERMISSION_DENIED = 7;
const CHANGE_LIMIT_MS = 10_000;

test('tokens decide who may use what, on all ports, and change while the server runs', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-tokens-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'tokens');
  await writeFile(file, `anonymous health\n${CLIENT} inference,metadata\n${ADMIN} all\n`);
  const server = await startServer([models, '--secure', `--auth-tokens-file=${file}`]);
  t.after(() => server.kill());

  const index = (token) => httpStatus(`${server.http}/v2/repository/index`, 'POST', token);
  assert.deepEqual([await index(), await index(CLIENT), await index(ADMIN)], [401, 403, 200]);
  const metrics = (token) => httpStatus(`${server.metrics}/metrics`, 'GET', token);
  assert.deepEqual([await metrics(), await metrics(CLIENT), await metrics(ADMIN)], [401, 403, 200]);
  const call = (token) => grpcCode(server.grpc, 'RepositoryIndex', token);
  assert.deepEqual(
    [await call(), await call(CLIENT), await call(ADMIN)],
    [UNAUTHENTICATED, PERMISSION_DENIED, 0],
  );
  assert.equal(await grpcCode(server.grpc, 'ServerLive'), 0);

  await replace(file, `${NEXT} all\n`);
  await eventually(async () => (await index(NEXT)) === 200);
  assert.equal(await index(ADMIN), 401);
  assert.equal(await call(NEXT), 0);

  await replace(file, `${ADMIN} everything\n`);
  await eventually(() => server.log.includes('the tokens stay as they were: line 1'));
  assert.equal(await index(NEXT), 200);
  for (const token of [CLIENT, ADMIN, NEXT]) assert.ok(!server.log.includes(token));
});

test('a file without tokens, or an open address with --secure, ends the start', async () => {
  for (const flags of [['--auth-tokens-file=/dev/null'], ['--secure', '--http-address=0.0.0.0']]) {
    const server = await startServer([models, ...flags], { waitForReady: false });
    assert.ok(server.exited);
    assert.match(server.log, /--auth-tokens-file cannot be used|--secure needs --http-use-ssl/);
  }
});

async function httpStatus(url, method, token) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url, { method, headers });
  await response.arrayBuffer();
  return response.status;
}

function grpcCode(address, method, token) {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const path = `/inference.GRPCInferenceService/${method}`;
  const identity = (bytes) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, identity, identity, Buffer.alloc(0), metadata, (error) => {
      client.close();
      resolve(error?.code ?? 0);
    });
  });
}

/** As an orchestrator does it, and an editor: another file takes its place. */
async function replace(file, text) {
  await writeFile(`${file}.next`, text);
  await rename(`${file}.next`, file);
}

async function eventually(condition) {
  const limit = Date.now() + CHANGE_LIMIT_MS;
  while (!(await condition())) {
    assert.ok(Date.now() < limit, 'it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
