import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { decryptFile } from './decrypt-file.js';
import { encryptFile } from './encrypt-file.js';
import { HEAD_BYTES, PIECE_BYTES, TAG_BYTES } from './file-format.js';
import { ModelKey } from './model-key.js';

const key = await ModelKey.of(randomBytes(32), 'a test');
const PATH = '1/model.onnx';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nereid-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

const file = (name: string) => join(directory, name);

async function encrypt(content: Uint8Array, name = 'encrypted', path = PATH): Promise<Buffer> {
  await writeFile(file('clear'), content);
  await encryptFile({ source: file('clear'), target: file(name), path, key });
  return await readFile(file(name));
}

async function decrypt(path = PATH, withKey = key): Promise<Buffer> {
  const pieces = [];
  for await (const piece of decryptFile({ source: file('encrypted'), path, key: withKey })) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

const BROKEN = /cannot decrypt 1\/model\.onnx\.enc: it was changed, cut short or renamed/;

describe('an encrypted file', () => {
  for (const sizeBytes of [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES]) {
    it(`gives ${sizeBytes} bytes back`, async () => {
      const content = randomBytes(sizeBytes);
      const encrypted = await encrypt(content);
      assert.deepEqual(await decrypt(), content);
      const pieces = Math.max(1, Math.ceil(sizeBytes / PIECE_BYTES));
      assert.equal(encrypted.byteLength, HEAD_BYTES + sizeBytes + pieces * TAG_BYTES);
    });
  }

  it('shows nothing of its content, and looks different each time', async () => {
    const content = Buffer.alloc(1000, 'secret weights');
    const first = await encrypt(content, 'first');
    const second = await encrypt(content, 'second');
    assert.equal(first.includes('secret'), false);
    assert.notDeepEqual(first.subarray(HEAD_BYTES), second.subarray(HEAD_BYTES));
  });

  it('is refused after a change of any one byte', async () => {
    const encrypted = await encrypt(randomBytes(50));
    for (let at = 0; at < encrypted.byteLength; at++) {
      const changed = Buffer.from(encrypted);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await writeFile(file('encrypted'), changed);
      await assert.rejects(decrypt(), /cannot decrypt 1\/model\.onnx\.enc: it /, `byte ${at}`);
    }
  });

  it('is refused when it is cut short at any place, or longer', async () => {
    const encrypted = await encrypt(randomBytes(PIECE_BYTES + 100));
    const piece = HEAD_BYTES + PIECE_BYTES + TAG_BYTES;
    const lengths = [
      HEAD_BYTES,
      HEAD_BYTES + 5,
      HEAD_BYTES + TAG_BYTES,
      piece - 1,
      piece,
      piece + 9,
    ];
    for (const length of [...lengths, encrypted.byteLength - 1]) {
      await writeFile(file('encrypted'), encrypted.subarray(0, length));
      await assert.rejects(decrypt(), BROKEN, `${length} bytes`);
    }
    await writeFile(file('encrypted'), Buffer.concat([encrypted, Buffer.alloc(1)]));
    await assert.rejects(decrypt(), BROKEN);
    await writeFile(file('encrypted'), encrypted.subarray(0, HEAD_BYTES - 1));
    await assert.rejects(decrypt(), /not a file that 'nereid encrypt-model' has written/);
  });

  it('is refused when its pieces changed places or come from another file', async () => {
    const encrypted = await encrypt(randomBytes(3 * PIECE_BYTES));
    const other = await encrypt(randomBytes(3 * PIECE_BYTES), 'other');
    const step = PIECE_BYTES + TAG_BYTES;
    const piece = (of: Buffer, index: number) =>
      of.subarray(HEAD_BYTES + index * step, HEAD_BYTES + (index + 1) * step);
    const head = encrypted.subarray(0, HEAD_BYTES);
    const join3 = (...pieces: readonly Buffer[]) => Buffer.concat([head, ...pieces]);
    for (const forged of [
      join3(piece(encrypted, 1), piece(encrypted, 0), piece(encrypted, 2)),
      join3(piece(encrypted, 0), piece(encrypted, 2)),
      join3(piece(encrypted, 0), piece(encrypted, 1)),
      join3(piece(encrypted, 0), piece(encrypted, 1), piece(encrypted, 1), piece(encrypted, 2)),
      join3(piece(encrypted, 0), piece(other, 1), piece(encrypted, 2)),
    ]) {
      await writeFile(file('encrypted'), forged);
      await assert.rejects(decrypt(), BROKEN);
    }
  });

  it('is refused under another name', async () => {
    await encrypt(randomBytes(100), 'encrypted', '1/other.onnx');
    await assert.rejects(decrypt(PATH), BROKEN);
  });

  it('tells a wrong key from a changed file', async () => {
    await encrypt(randomBytes(100));
    const wrong = await ModelKey.of(randomBytes(32), 'a test');
    await assert.rejects(decrypt(PATH, wrong), /was encrypted with another key/);
  });

  it('may have been written on a file system that spells names in its own way', async () => {
    await encrypt(Buffer.from('x'), 'encrypted', 'schön'.normalize('NFD'));
    assert.equal(String(await decrypt('schön'.normalize('NFC'))), 'x');
  });

  it('that exists is not written over', async () => {
    await encrypt(Buffer.from('x'));
    await copyFile(file('encrypted'), file('copy'));
    await assert.rejects(encrypt(Buffer.from('y')), { code: 'EEXIST' });
    assert.deepEqual(await readFile(file('encrypted')), await readFile(file('copy')));
  });

  it('of any size takes little memory', async () => {
    const content = Buffer.alloc(200 * PIECE_BYTES, 1);
    await encrypt(content);
    const before = process.memoryUsage().rss;
    let peak = 0;
    let sizeBytes = 0;
    const source = file('encrypted');
    for await (const piece of decryptFile({ source, path: PATH, key })) {
      sizeBytes += piece.byteLength;
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    assert.equal(sizeBytes, (await stat(file('clear'))).size);
    assert.ok(peak - before < 120 * PIECE_BYTES, `grew by ${(peak - before) / PIECE_BYTES} MiB`);
  });
});
