import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type AgentModel, isInferError } from '@nereid/core';
import { parseConfigJson, parseConfigText } from '@nereid/model-config';
import { describeRepoAgent, fakeModelConfig, fakePluginContext } from '@nereid/testing';
import { type EncryptOptions, encryptModel } from './encrypt-model.js';
import plugin from './index.js';
import { ModelKey } from './model-key.js';

const KEY = 'NEREID_TEST_MODEL_KEY';
const OTHER_KEY = 'NEREID_TEST_OTHER_KEY';
const KEY_SOURCE = { kind: 'env', place: KEY } as const;
const CONFIG = 'max_batch_size: 8\ninput [ { name: "A" data_type: TYPE_FP32 dims: [ 1 ] } ]\n';

let root = '';
/** Where models are put in clear. */
let privately = '';
let count = 0;

before(async () => {
  process.env[KEY] = randomBytes(32).toString('hex');
  process.env[OTHER_KEY] = randomBytes(32).toString('hex');
  root = await mkdtemp(join(tmpdir(), 'nereid-test-'));
  privately = join(root, 'private');
  await mkdir(privately);
});
after(() => rm(root, { recursive: true }));

const key = () => ModelKey.of(Buffer.from(process.env[KEY] ?? ''), KEY);

async function makeSource(): Promise<string> {
  count += 1;
  const source = join(root, `model-${count}`);
  for (const [path, text] of Object.entries({
    'config.pbtxt': CONFIG,
    'labels.txt': 'cat\ndog\n',
    '1/model.onnx': 'weights of one',
    '1/sub/table': 'rows',
    '2/model.onnx': 'weights of two',
  })) {
    await mkdir(join(source, path, '..'), { recursive: true });
    await writeFile(join(source, path), text);
  }
  await mkdir(join(source, '3'));
  return source;
}

async function encrypt(options: Partial<EncryptOptions> = {}): Promise<string> {
  const source = options.source ?? (await makeSource());
  const target = `${source}-encrypted`;
  const choice = { only: [], config: false, keySource: KEY_SOURCE };
  await encryptModel({ source, target, key: await key(), ...choice, ...options });
  return target;
}

function modelIn(
  directory: string,
  parameters: AgentModel['parameters'] = { key_source: `env:${KEY}` },
): AgentModel {
  return { name: 'resnet', config: fakeModelConfig(), directory, parameters };
}

function makeAgent(settings: Readonly<Record<string, string>> = {}) {
  const all = new Map(Object.entries({ directory: privately, ...settings }));
  return plugin.createRepoAgent(fakePluginContext({ settings: all }));
}

/** The message that the load of a model fails with; nothing of it may be left. */
async function refusal(model: AgentModel, settings = {}): Promise<string> {
  const error: unknown = await makeAgent(settings)
    .load(model)
    .then(
      () => undefined,
      (reason: unknown) => reason,
    );
  assert.ok(isInferError(error), 'the load fails with an InferError');
  assert.deepEqual(await readdir(privately), []);
  return error.message;
}

async function subject(parameters?: AgentModel['parameters']) {
  const directory = await encrypt();
  const remove = () => rm(directory, { recursive: true });
  return { model: modelIn(directory, parameters), remove };
}

describeRepoAgent('decrypt', {
  plugin,
  accepted: () => subject(),
  refused: () => subject({ key_source: `env:${OTHER_KEY}` }),
});

describe('the decrypt agent', () => {
  it('serves what was encrypted, for its owner alone, until the model is unloaded', async () => {
    const agent = makeAgent();
    const model = modelIn(await encrypt());
    const folder = await agent.load(model);
    await agent.loadComplete?.(model);
    assert.equal(await readFile(join(folder, '1/model.onnx'), 'utf8'), 'weights of one');
    assert.equal(await readFile(join(folder, '1/sub/table'), 'utf8'), 'rows');
    assert.equal(await readFile(join(folder, 'labels.txt'), 'utf8'), 'cat\ndog\n');
    assert.deepEqual((await readdir(folder)).sort(), ['1', '2', '3', 'config.pbtxt', 'labels.txt']);
    for (const path of ['', '1', '1/sub', '3']) {
      assert.equal((await stat(join(folder, path))).mode & 0o777, 0o700, path);
    }
    for (const path of ['config.pbtxt', 'labels.txt', '1/model.onnx']) {
      assert.equal((await stat(join(folder, path))).mode & 0o777, 0o600, path);
    }
    await agent.unload?.(model);
    assert.ok((await stat(folder)).isDirectory());
    await agent.unloadComplete?.(model);
    assert.deepEqual(await readdir(privately), []);
  });

  it('removes what it made when the load fails elsewhere', async () => {
    const agent = makeAgent();
    const model = modelIn(await encrypt());
    await agent.load(model);
    await agent.loadFail?.(model);
    assert.deepEqual(await readdir(privately), []);
  });

  it('leaves files alone that were not to be encrypted, and takes their changes', async () => {
    const target = await encrypt({ only: ['1/model.onnx'] });
    assert.equal(await readFile(join(target, '2/model.onnx'), 'utf8'), 'weights of two');
    await writeFile(join(target, 'labels.txt'), 'bird');
    const agent = makeAgent();
    const model = modelIn(target);
    const folder = await agent.load(model);
    assert.equal(await readFile(join(folder, '1/model.onnx'), 'utf8'), 'weights of one');
    assert.equal(await readFile(join(folder, 'labels.txt'), 'utf8'), 'bird');
    await agent.unloadComplete?.(model);
  });

  it('refuses a wrong key', async () => {
    const model = modelIn(await encrypt(), { key_source: `env:${OTHER_KEY}` });
    assert.match(await refusal(model), /inventory\.enc: it was encrypted with another key/);
  });

  it('refuses a changed file by its name', async () => {
    const target = await encrypt();
    const path = join(target, '2/model.onnx.enc');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.byteLength - 20) ^ 1, bytes.byteLength - 20);
    await writeFile(path, bytes);
    assert.match(await refusal(modelIn(target)), /2\/model\.onnx\.enc: it was changed, cut short/);
  });

  it('refuses files that changed names', async () => {
    const target = await encrypt();
    await rename(join(target, '1/model.onnx.enc'), join(target, 'x'));
    await rename(join(target, '2/model.onnx.enc'), join(target, '1/model.onnx.enc'));
    await rename(join(target, 'x'), join(target, '2/model.onnx.enc'));
    assert.match(await refusal(modelIn(target)), /cannot decrypt [12]\/model\.onnx\.enc: it /);
  });

  it('refuses a file of the same name from another encryption', async () => {
    const source = await makeSource();
    const [old, target] = [`${source}-old`, `${source}-encrypted`];
    await encrypt({ source, target: old });
    await encrypt({ source, target });
    await cp(join(old, '1/model.onnx.enc'), join(target, '1/model.onnx.enc'));
    assert.match(
      await refusal(modelIn(target)),
      /1\/model\.onnx\.enc: it comes from another encry/,
    );
  });

  it('refuses a model with files missing, added, or in clear', async () => {
    const missing = await encrypt();
    await rm(join(missing, 'labels.txt.enc'));
    assert.match(await refusal(modelIn(missing)), /labels\.txt\.enc is missing/);
    const incomplete = await encrypt();
    await rm(join(incomplete, 'inventory.enc'));
    assert.match(await refusal(modelIn(incomplete)), /there is no inventory\.enc/);
    const added = await encrypt();
    await cp(join(added, 'labels.txt.enc'), join(added, '1/labels.txt.enc'));
    assert.match(await refusal(modelIn(added)), /1\/labels\.txt\.enc was not encrypted together/);
    const clear = await encrypt();
    await writeFile(join(clear, '1/model.py'), '');
    assert.match(await refusal(modelIn(clear)), /1\/model\.py is in clear, although the whole/);
  });

  it('says where it cannot write', async () => {
    const target = await encrypt();
    await mkdir(join(target, 'labels.txt'));
    const text = await refusal(modelIn(target));
    assert.match(text, /cannot decrypt 'resnet' into .*private.*: EEXIST: file already exists/);
  });

  it('prefers an encrypted file to one in clear of the same name', async () => {
    const target = await encrypt();
    await writeFile(join(target, '1/model.onnx'), 'planted');
    const agent = makeAgent();
    const model = modelIn(target);
    const folder = await agent.load(model);
    assert.equal(await readFile(join(folder, '1/model.onnx'), 'utf8'), 'weights of one');
    await agent.unloadComplete?.(model);
  });

  it('finds the key where the server was told, unless the model says so itself', async () => {
    const target = await encrypt();
    const command = { key_source: `command:echo $${KEY}` };
    const agent = makeAgent(command);
    const model = modelIn(target, {});
    await agent.load(model);
    await agent.loadFail?.(model);
    const own = modelIn(target, { key_source: `env:${OTHER_KEY}` });
    assert.match(await refusal(own, command), /another key/);
  });

  it('runs no command that a model names, and says where a key may be', async () => {
    const target = await encrypt();
    const named = modelIn(target, { key_source: `command:echo $${KEY}` });
    assert.match(await refusal(named), /only the server's command line may/);
    assert.match(
      await refusal(modelIn(target, {})),
      /nothing says where the key of model 'resnet'/,
    );
    assert.match(
      await refusal(modelIn(target, { key_source: 'x' })),
      /must be env:NAME, file:PATH/,
    );
  });
});

describe('encrypting a model', () => {
  it('adds the agent to the configuration, and keeps the rest readable', async () => {
    const text = await readFile(join(await encrypt(), 'config.pbtxt'), 'utf8');
    const config = parseConfigText(text, 'config.pbtxt');
    assert.equal(config.maxBatchSize, 8);
    const parameters = { key_source: `env:${KEY}` };
    assert.deepEqual(config.modelRepositoryAgents?.agents, [{ name: 'decrypt', parameters }]);
  });

  it('makes a configuration where there is none, and edits one in JSON', async () => {
    const bare = await makeSource();
    await rm(join(bare, 'config.pbtxt'));
    const text = await readFile(join(await encrypt({ source: bare }), 'config.pbtxt'), 'utf8');
    assert.match(text, /^model_repository_agents \{/);
    const json = await makeSource();
    await rm(join(json, 'config.pbtxt'));
    await writeFile(join(json, 'config.json'), '{"max_batch_size": 4}');
    const written = await readFile(join(await encrypt({ source: json }), 'config.json'), 'utf8');
    const config = parseConfigJson(written, 'config.json');
    assert.equal(config.maxBatchSize, 4);
    assert.equal(config.modelRepositoryAgents?.agents[0]?.name, 'decrypt');
  });

  it('hides the configuration on demand, and brings it back', async () => {
    const source = await makeSource();
    await mkdir(join(source, 'configs'));
    await writeFile(join(source, 'configs', 'small.pbtxt'), 'max_batch_size: 1');
    const target = await encrypt({ source, config: true });
    const shown = parseConfigText(await readFile(join(target, 'config.pbtxt'), 'utf8'), 'x');
    assert.deepEqual([shown.maxBatchSize, shown.input], [0, []]);
    const agent = makeAgent();
    const model = modelIn(target);
    const folder = await agent.load(model);
    assert.equal(await readFile(join(folder, 'config.pbtxt'), 'utf8'), CONFIG);
    assert.equal(await readFile(join(folder, 'configs/small.pbtxt'), 'utf8'), 'max_batch_size: 1');
    await agent.unloadComplete?.(model);
  });

  it('leaves the order of several agents to the author of the configuration', async () => {
    const others = await makeSource();
    const agents = (...names: readonly string[]) => {
      const list = names.map((name) => `agents { name: "${name}" }`);
      return `${CONFIG}model_repository_agents { ${list.join(' ')} }`;
    };
    await writeFile(join(others, 'config.pbtxt'), agents('checksum'));
    await assert.rejects(
      encrypt({ source: others }),
      /has repository agents \(checksum\): put 'decr/,
    );
    await writeFile(join(others, 'config.pbtxt'), agents('checksum', 'decrypt'));
    const target = await encrypt({ source: others });
    assert.equal(
      await readFile(join(target, 'config.pbtxt'), 'utf8'),
      agents('checksum', 'decrypt'),
    );
  });

  it('refuses what it cannot do well, and leaves nothing of a failed attempt', async () => {
    const source = await makeSource();
    await assert.rejects(
      encrypt({ source, only: ['1/absent'] }),
      /no file 1\/absent; its files are/,
    );
    await assert.rejects(
      encrypt({ source, target: join(source, 'x') }),
      /lies in the folder of the/,
    );
    await assert.rejects(
      encrypt({ source, target: privately, only: ['config.pbtxt'] }),
      /no files to/,
    );
    await assert.rejects(
      encrypt({ source: join(root, 'absent') }),
      /cannot read the model: ENOENT/,
    );
    await writeFile(join(source, 'config.pbtxt'), 'nonsense');
    await assert.rejects(encrypt({ source }), /config\.pbtxt/);
    await assert.rejects(stat(`${source}-encrypted`), { code: 'ENOENT' });
    const hidden = (await readdir(root)).filter((name) => name.startsWith('.'));
    assert.deepEqual(hidden, []);
    await assert.rejects(encrypt({ target: source }), /is not empty/);
    await writeFile(join(source, '1/x.enc'), '');
    await assert.rejects(encrypt({ source }), /has a file 1\/x\.enc, a name that encrypted models/);
  });
});
