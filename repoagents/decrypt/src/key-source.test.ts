import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseKeySource, readKey } from './key-source.js';
import { ModelKey } from './model-key.js';

const bytes = Buffer.concat([Buffer.from([0xff]), randomBytes(31)]);
const hex = bytes.toString('hex');

let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nereid-test-'));
});
after(() => rm(directory, { recursive: true }));

const read = (text: string) => readKey(parseKeySource(text, 'the test'), 'resnet');

/** What tells two keys apart. */
async function checkOf(key: ModelKey): Promise<string> {
  const { check } = await key.fileKey(Buffer.alloc(32));
  return Buffer.from(check).toString('hex');
}

describe('a key', () => {
  it('is the same in hexadecimal digits, base64 and bytes', async () => {
    const expected = await checkOf(await ModelKey.of(Buffer.from(bytes), 'bytes'));
    for (const text of [
      hex,
      `${hex.toUpperCase()}\n`,
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ]) {
      assert.equal(await checkOf(await ModelKey.of(Buffer.from(text), 'text')), expected, text);
    }
  });

  it('is refused without being shown when it is none', async () => {
    for (const text of [
      '',
      'hunter2',
      hex.slice(1),
      `${hex}0`,
      'a password of thirty-two letters',
    ]) {
      const error = await ModelKey.of(Buffer.from(text), 'the file k').catch((e: Error) => e);
      assert.ok(error instanceof Error, text);
      assert.match(error.message, /^the file k is not a key: it should be 64 hexadecimal digits/);
      assert.equal(text !== '' && error.message.includes(text), false);
    }
  });
});

describe('where a key is', () => {
  it('may be an environment variable, a file or a command', async () => {
    const expected = await checkOf(await ModelKey.of(Buffer.from(hex), 'text'));
    process.env['NEREID_TEST_KEY'] = hex;
    assert.equal(await checkOf(await read('env:NEREID_TEST_KEY')), expected);
    const file = join(directory, 'key');
    await writeFile(file, `${hex}\n`);
    assert.equal(await checkOf(await read(`file:${file}`)), expected);
    await writeFile(file, bytes);
    assert.equal(await checkOf(await read(`file:${file}`)), expected);
    assert.equal(await checkOf(await read(`command:echo "${hex}"`)), expected);
  });

  it('is told to a command by the name of the model', async () => {
    await writeFile(join(directory, 'resnet.key'), hex);
    await read(`command:cat ${directory}/"$NEREID_MODEL_NAME".key`);
  });

  it('is refused when it says nothing', () => {
    for (const text of ['', 'secret', 'env:', 'vault:x']) {
      assert.throws(() => parseKeySource(text, 'the test'), /the test must be env:NAME, file:PATH/);
    }
  });

  it('is named when nothing is there', async () => {
    await assert.rejects(read('env:NEREID_NO_SUCH_KEY'), /variable NEREID_NO_SUCH_KEY/);
    await assert.rejects(read(`file:${directory}/absent`), /the key cannot be read: ENOENT/);
    await assert.rejects(read('command:echo oh no >&2; exit 3'), {
      code: 'UNAVAILABLE',
      message: 'the key command failed: exit 3: oh no',
    });
    await assert.rejects(read('command:echo hunter2'), /the key command's output is not a key/);
  });

  it('keeps what a failing command wrote to itself', async () => {
    const error: Error = await read(`command:echo ${hex}; exit 1`).then(
      () => assert.fail('the command fails'),
      (reason: Error) => reason,
    );
    assert.equal(`${error.stack}${JSON.stringify(error)}${error.cause}`.includes(hex), false);
  });
});
