import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fp32Request } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { infer } from '../server-process.mjs';
import {
  adderFiles,
  agentSection,
  load,
  makeWorkspace,
  nereid,
  privateEntries,
  putFiles,
  startAgentServer,
  unload,
} from './agent-models.mjs';

const POLL_FAILURE = "failed to load 'adder', failed to poll from model repository: ";

/** The text of the answer to a load that fails. */
async function loadError(server) {
  const { status, body } = await load(server, 'adder');
  assert.equal(status, 500, JSON.stringify(body));
  return body.error;
}

async function digest(algorithm, path) {
  return createHash(algorithm)
    .update(await readFile(path))
    .digest('hex');
}

test('a checksum that does not match fails the load with the text of Triton', async (t) => {
  const workspace = await makeWorkspace(t);
  const wrong = '0'.repeat(32);
  const section = agentSection(['checksum', { 'MD5:1/model.js': wrong }]);
  await putFiles(join(workspace.repository, 'adder'), adderFiles(1, section));
  const server = await startAgentServer(t, workspace);
  const found = await digest('md5', join(workspace.repository, 'adder', '1', 'model.js'));
  assert.equal(
    await loadError(server),
    `${POLL_FAILURE}Mismatched MD5 hash for file 1/model.js, expect: ${wrong}, got: ${found}`,
  );
});

test('agents act in order: the encrypted files are checked before they are decrypted', async (t) => {
  const workspace = await makeWorkspace(t);
  await writeFile(workspace.key, randomBytes(32));
  const decrypt = ['decrypt', { key_source: `file:${workspace.key}` }];
  const source = join(workspace.models, 'adder');
  await putFiles(source, adderFiles(1, agentSection(['checksum', {}], decrypt)));
  const target = join(workspace.repository, 'adder');
  await nereid('encrypt-model', source, target, '--key', `file:${workspace.key}`);
  const encrypted = await digest('sha256', join(target, '1', 'model.js.enc'));
  const clear = await digest('md5', join(source, '1', 'model.js'));

  const server = await startAgentServer(t, workspace);
  const loadWith = async (...agents) => {
    const { 'config.pbtxt': config } = adderFiles(1, agentSection(...agents));
    await writeFile(join(target, 'config.pbtxt'), config);
    return await load(server, 'adder');
  };
  const before = ['checksum', { 'SHA256:1/model.js.enc': encrypted }];
  const after = ['checksum', { 'MD5:1/model.js': clear }];
  assert.equal((await loadWith(before, decrypt, after)).status, 200);
  assert.deepEqual((await infer(server, 'adder', fp32Request([1]))).body.outputs[0].data, [2]);

  const { status, body } = await loadWith(after, decrypt);
  assert.equal(status, 500);
  assert.match(body.error, /failed to open text file for read 1\/model\.js: ENOENT/);
  assert.equal((await infer(server, 'adder', fp32Request([1]))).status, 200);

  // The second agent's folder goes when a third one refuses the model.
  const refused = await loadWith(decrypt, ['checksum', { 'MD5:1/model.js': '0'.repeat(32) }]);
  assert.match(refused.body.error, /Mismatched MD5 hash/);
  const inClear = async () =>
    (await privateEntries(workspace)).filter((name) => name.endsWith('model.js')).length;
  assert.equal(await inClear(), 1);
  await unload(server, 'adder');
  assert.ok(await eventually(async () => (await inClear()) === 0, 10_000));
});

test('an unknown agent is answered with those that are there, and a known one with its package', async (t) => {
  const workspace = await makeWorkspace(t);
  const section = agentSection(['vault', {}]);
  await putFiles(join(workspace.repository, 'adder'), adderFiles(1, section));
  const server = await startAgentServer(t, workspace);
  const found = 'found: checksum, decrypt, relocate, relocation';
  assert.equal(
    await loadError(server),
    `${POLL_FAILURE}unable to find repository agent 'vault', ${found}`,
  );
  assert.match(server.log, /\| checksum +\| @nereid\/repoagent-checksum@/);
});

test('a model is served from the folder that it was relocated to, or from a copy', async (t) => {
  const workspace = await makeWorkspace(t);
  const elsewhere = join(workspace.models, 'elsewhere');
  await putFiles(elsewhere, adderFiles(10));
  const target = join(workspace.repository, 'adder');
  const path = agentSection(['relocate', { path: elsewhere }]);
  await putFiles(target, { 'config.pbtxt': path, '1/model.js': 'not what is served' });
  const server = await startAgentServer(t, workspace);
  const sum = async () => (await infer(server, 'adder', fp32Request([1]))).body.outputs[0].data;
  assert.equal((await load(server, 'adder')).status, 200);
  assert.deepEqual(await sum(), [11]);

  const copies = join(workspace.models, 'copies');
  const copy = agentSection(['relocate', { copy_to: copies }]);
  await putFiles(target, adderFiles(20, copy));
  assert.match(await loadError(server), /cannot make a private folder in .*copies: ENOENT/);
  assert.deepEqual(await sum(), [11]);
  await mkdir(copies);
  assert.equal((await load(server, 'adder')).status, 200);
  assert.deepEqual(await sum(), [21]);
});

test('an agent after one that moved the model sees the configuration that is there now', async (t) => {
  const workspace = await makeWorkspace(t);
  const chain = (first, second) =>
    agentSection(['relocation', { empty_config: first }], ['relocation', { empty_config: second }]);
  const target = join(workspace.repository, 'adder');
  const server = await startAgentServer(t, workspace);

  // The agents agree, as in Triton's own test; what is left is an empty folder.
  await putFiles(target, adderFiles(1, chain('false', 'true')));
  assert.match(await loadError(server), /no backend in model configuration/);
  assert.deepEqual(await privateEntries(workspace), []);

  await putFiles(target, adderFiles(1, chain('false', 'false')));
  assert.match(await loadError(server), /Relocation repoagent expects config contains 'model_repo/);
  await putFiles(target, adderFiles(1, chain('true', 'true')));
  assert.match(
    await loadError(server),
    /expects config does not contain 'model_repository_agents'/,
  );
});
