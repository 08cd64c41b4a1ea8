import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fp32Request } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { infer, root } from '../server-process.mjs';
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

const CLASSIFIER = 'efficientnet_lite0_onnx';

/** Encrypts the javascript model that adds `addend` as `adder`, with the key of the workspace. */
async function encryptAdder(workspace, addend, ...flags) {
  const source = join(workspace.models, 'adder');
  await rm(source, { recursive: true, force: true });
  await putFiles(source, adderFiles(addend));
  const target = join(workspace.repository, 'adder');
  await rm(target, { recursive: true, force: true });
  await nereid('encrypt-model', source, target, '--key', `file:${workspace.key}`, ...flags);
  return target;
}

async function makeKey(workspace) {
  await writeFile(workspace.key, randomBytes(32).toString('hex'));
}

async function sum(server, data) {
  const { status, body } = await infer(server, 'adder', fp32Request(data));
  assert.equal(status, 200, JSON.stringify(body));
  return body.outputs[0].data;
}

async function modelsInClear(workspace) {
  const names = await privateEntries(workspace);
  return names.filter((name) => name.endsWith('model.js')).length;
}

async function flipByte(path, at) {
  const bytes = await readFile(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(path, bytes);
}

test('an encrypted ONNX model classifies as before, and is in clear only while it is loaded', async (t) => {
  const workspace = await makeWorkspace(t);
  const source = join(root, 'examples', 'model_repository', CLASSIFIER);
  const target = join(workspace.repository, CLASSIFIER);
  const text = await nereid('encrypt-model', source, target, '--new-key', workspace.key);
  assert.match(text, /encrypted 2 files/);
  assert.equal((await readFile(join(target, '1', 'model.onnx.enc'))).includes('Conv'), false);

  const server = await startAgentServer(t, workspace);
  assert.deepEqual(await load(server, CLASSIFIER), { status: 200, body: undefined });
  const image = join(root, 'examples', 'images', 'coffee.png');
  const address = server.http.replace('http://', '');
  const result = await nereid(
    ...['image-client', '-u', address, '-m', CLASSIFIER, '-s', 'INCEPTION', '-c', '1', image],
  );
  // The label comes from a file that was encrypted, too.
  assert.match(result, /\(967\) = espresso/);

  const clear = (await privateEntries(workspace)).find((name) => name.endsWith('model.onnx'));
  assert.equal((await stat(join(workspace.private, clear))).mode & 0o777, 0o600);
  const [folder] = clear.split('/');
  assert.equal((await stat(join(workspace.private, folder))).mode & 0o777, 0o700);

  await unload(server, CLASSIFIER);
  assert.ok(await eventually(async () => (await privateEntries(workspace)).length === 0, 10_000));
});

test('a changed byte, a wrong key and swapped names fail the load, and leave what runs alone', async (t) => {
  const workspace = await makeWorkspace(t);
  await makeKey(workspace);
  const target = await encryptAdder(workspace, 1);
  const server = await startAgentServer(t, workspace);
  assert.equal((await load(server, 'adder')).status, 200);
  assert.deepEqual(await sum(server, [1]), [2]);

  const file = join(target, '1', 'model.js.enc');
  const refusedWith = async (pattern) => {
    const { status, body } = await load(server, 'adder');
    assert.equal(status, 500);
    assert.match(body.error, /^failed to load 'adder', failed to poll from model repository: /);
    assert.match(body.error, pattern);
    assert.ok(await eventually(() => pattern.test(server.log), 5_000));
    assert.deepEqual(await sum(server, [1]), [2]);
  };
  const size = (await stat(file)).size;
  await flipByte(file, size - 5);
  await refusedWith(/cannot decrypt 1\/model\.js\.enc: it was changed, cut short or renamed/);
  await flipByte(file, size - 5);

  await mkdir(join(target, '2'));
  await copyFile(file, join(target, '2', 'model.js.enc'));
  await refusedWith(/2\/model\.js\.enc was not encrypted together with the others/);
  await rm(join(target, '2'), { recursive: true });

  const key = await readFile(workspace.key);
  await makeKey(workspace);
  await flipByte(file, 0);
  await refusedWith(/it was encrypted with another key/);
  await flipByte(file, 0);
  await writeFile(workspace.key, key);

  assert.equal((await load(server, 'adder')).status, 200);
  assert.ok(await eventually(async () => (await modelsInClear(workspace)) === 1, 10_000));
});

test('what a killed server left in clear is removed by the next one', async (t) => {
  const workspace = await makeWorkspace(t);
  await makeKey(workspace);
  await encryptAdder(workspace, 1);
  const first = await startAgentServer(t, workspace, { flags: ['--load-model=adder'] });
  await first.stop('SIGKILL');
  const left = await privateEntries(workspace);
  assert.ok(
    left.some((name) => name.endsWith('model.js')),
    left.join(),
  );

  const second = await startAgentServer(t, workspace, { flags: ['--load-model=adder'] });
  assert.deepEqual(await sum(second, [2]), [3]);
  const now = await privateEntries(workspace);
  assert.equal(now.filter((name) => name.endsWith('model.js')).length, 1);
  assert.equal(
    now.some((name) => left.includes(name)),
    false,
  );
  assert.equal(await second.stop(), 0);
  assert.deepEqual(await privateEntries(workspace), []);
});

test('polling notices that a model was encrypted anew', async (t) => {
  const workspace = await makeWorkspace(t);
  await makeKey(workspace);
  await encryptAdder(workspace, 1);
  const flags = ['--model-control-mode=poll', '--repository-poll-secs=1'];
  const server = await startAgentServer(t, workspace, { flags });
  assert.deepEqual(await sum(server, [1]), [2]);
  await encryptAdder(workspace, 100);
  // A look in the middle of the exchange finds no model, so that it may be unloaded for a moment.
  const isNew = async () => {
    const { body } = await infer(server, 'adder', fp32Request([1]));
    return body.outputs?.[0].data[0] === 101;
  };
  assert.ok(await eventually(isNew, 20_000), server.log);
  assert.ok(await eventually(async () => (await modelsInClear(workspace)) === 1, 10_000));
});

test('the configuration, version folders and files are those of the decrypted folder', async (t) => {
  const workspace = await makeWorkspace(t);
  await makeKey(workspace);
  const source = join(workspace.models, 'adder');
  const files = adderFiles(1, 'version_policy { all { } }');
  const [, code] = Object.entries(files).find(([path]) => path === '1/model.js');
  await putFiles(source, {
    ...files,
    'config.pbtxt': files['config.pbtxt'].replace(
      'name: "OUTPUT0"',
      'name: "OUTPUT0" label_filename: "labels.txt"',
    ),
    '4/model.js': code.replace('+ 1', '+ 4'),
    'labels.txt': 'cat\ndog\n',
  });
  const target = join(workspace.repository, 'adder');
  await nereid(
    ...['encrypt-model', source, target, '--key', `file:${workspace.key}`, '--encrypt-config'],
  );
  assert.equal((await readFile(join(target, 'config.pbtxt'), 'utf8')).includes('INPUT0'), false);

  const server = await startAgentServer(t, workspace, { flags: ['--load-model=adder'] });
  assert.deepEqual(await sum(server, [1]), [5]);
  const response = await fetch(`${server.http}/v2/models/adder`);
  assert.deepEqual((await response.json()).versions, ['1', '4']);
  const request = {
    ...fp32Request([1, 9]),
    outputs: [{ name: 'OUTPUT0', parameters: { classification: 1 } }],
  };
  const { body } = await infer(server, 'adder', request);
  assert.match(body.outputs[0].data[0], /:1:dog$/);

  // A configuration of the request counts in the place of the one that was decrypted.
  const parameters = { key_source: `file:${workspace.key}` };
  const config = {
    backend: 'javascript',
    input: [{ name: 'INPUT0', data_type: 'TYPE_FP32', dims: [-1] }],
    output: [{ name: 'OUTPUT0', data_type: 'TYPE_FP32', dims: [-1] }],
    version_policy: { specific: { versions: [1] } },
    model_repository_agents: { agents: [{ name: 'decrypt', parameters }] },
  };
  const { status, body: answer } = await load(server, 'adder', { config: JSON.stringify(config) });
  assert.equal(status, 200, JSON.stringify(answer));
  assert.deepEqual(await sum(server, [1]), [2]);
});

test('the key may come from the environment, or from a command of the server only', async (t) => {
  const workspace = await makeWorkspace(t);
  await makeKey(workspace);
  const target = await encryptAdder(workspace, 1, '--server-key', 'env:ADDER_KEY');
  const key = await readFile(workspace.key, 'utf8');
  const first = await startAgentServer(t, workspace, { environment: { ADDER_KEY: key } });
  assert.equal((await load(first, 'adder')).status, 200);
  assert.equal(first.log.includes(key), false);

  const config = await readFile(join(target, 'config.pbtxt'), 'utf8');
  await writeFile(join(target, 'config.pbtxt'), config.replace('env:ADDER_KEY', 'command:env'));
  assert.match((await load(first, 'adder')).body.error, /only the server's command line may/);

  const plain = config.slice(0, config.indexOf('model_repository_agents'));
  await writeFile(join(target, 'config.pbtxt'), plain + agentSection(['decrypt', {}]));
  assert.match((await load(first, 'adder')).body.error, /nothing says where the key of model/);
  await writeFile(join(workspace.models, 'adder.key'), key);
  const elsewhere = join(workspace.models, 'in-memory');
  await mkdir(elsewhere);
  const command = `cat ${workspace.models}/$NEREID_MODEL_NAME.key`;
  const flags = [
    `--repoagent-config=decrypt,key_source=command:${command}`,
    `--repoagent-config=decrypt,directory=${elsewhere}`,
    '--load-model=adder',
  ];
  const second = await startAgentServer(t, workspace, { flags });
  assert.deepEqual(await sum(second, [1]), [2]);
  assert.equal((await readdir(elsewhere)).length, 1);
});
