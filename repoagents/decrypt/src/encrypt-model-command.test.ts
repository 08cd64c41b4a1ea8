import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { isInferError } from '@nereid/core';
import { parseEncryptModelArguments } from './encrypt-model-arguments.js';
import command from './encrypt-model-command.js';

let root = '';
let source = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'nereid-test-'));
  source = join(root, 'resnet');
  await mkdir(join(source, '1'), { recursive: true });
  await writeFile(join(source, '1', 'model.onnx'), 'weights');
});
after(() => rm(root, { recursive: true }));

/** What the command prints. */
async function run(...words: readonly string[]): Promise<string> {
  let text = '';
  const write = mock.method(process.stdout, 'write', (part: string) => {
    text += part;
    return true;
  });
  try {
    assert.equal(await command.runCommand(words), 0);
  } finally {
    write.mock.restore();
  }
  return text;
}

function complaint(...words: readonly string[]): string {
  try {
    parseEncryptModelArguments(words);
  } catch (error) {
    if (isInferError(error)) return error.message.split('\n', 1)[0] ?? '';
    throw error;
  }
  return '';
}

describe('nereid encrypt-model', () => {
  it('makes a key for its owner alone and says where the server needs it', async () => {
    const key = join(root, 'resnet.key');
    const target = join(root, 'first');
    const text = await run(source, target, '--new-key', key);
    assert.match(text, /encrypted 1 file\nThe server needs the key in .*resnet\.key/);
    assert.match(await readFile(key, 'utf8'), /^[0-9a-f]{64}\n$/);
    assert.equal((await stat(key)).mode & 0o777, 0o600);
    assert.ok((await readFile(join(target, 'config.pbtxt'), 'utf8')).includes(`"file:${key}"`));
  });

  it('never writes over a key, and takes back one that nothing was encrypted with', async () => {
    const key = join(root, 'kept.key');
    await writeFile(key, 'precious');
    await assert.rejects(run(source, join(root, 'second'), '--new-key', key), /EEXIST/);
    assert.equal(await readFile(key, 'utf8'), 'precious');
    const fresh = join(root, 'fresh.key');
    await assert.rejects(
      run(join(root, 'no'), join(root, 'third'), '--new-key', fresh),
      /cannot rea/,
    );
    await assert.rejects(stat(fresh), { code: 'ENOENT' });
  });

  it('writes into the configuration where the server finds the key, but no command', async () => {
    const target = join(root, 'fourth');
    const words = [source, target, '--key', `command:cat ${join(root, '$NEREID_MODEL_NAME.key')}`];
    const text = await run(...words);
    assert.match(text, /--repoagent-config=decrypt,key_source=command:COMMAND/);
    assert.equal(
      (await readFile(join(target, 'config.pbtxt'), 'utf8')).includes('key_source'),
      false,
    );
    await run(...words.with(1, join(root, 'fifth')), '--server-key', 'env:MODEL_KEY');
    const config = await readFile(join(root, 'fifth', 'config.pbtxt'), 'utf8');
    assert.ok(config.includes('"env:MODEL_KEY"'));
  });

  it('prints its help', async () => {
    assert.match(await run('--help'), /^Usage: nereid encrypt-model SOURCE TARGET --key KEY/);
  });

  it('says what is wrong with its arguments', () => {
    assert.equal(complaint(), 'two folders are needed, that of the model and a new one');
    assert.equal(complaint('a', 'b', 'c'), 'unexpected argument: c');
    assert.equal(complaint('a', 'b'), 'a key is needed: --key or --new-key');
    assert.equal(complaint('a', 'b', '--keys=env:A'), "Unknown option '--keys'");
    assert.equal(complaint('a', 'b', '--key'), "Option '--key <value>' argument missing");
    assert.equal(complaint('a', 'b', '--key=env:A', '--new-key=b').includes('exclude'), true);
    assert.match(complaint('a', 'b', '--key=secret'), /^--key must be env:NAME, file:PATH/);
    assert.match(
      complaint('a', 'b', '--key=env:A', '--server-key=command:x'),
      /cannot name a command/,
    );
  });
});
