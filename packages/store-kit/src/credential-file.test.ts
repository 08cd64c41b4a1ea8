import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CredentialFile, matchCredential } from './credential-file.js';

test('the longest prefix of the location counts', () => {
  const file = { s3: { '': 'all', 's3://b': 'short', 's3://b/long': 'long' }, gs: { '': 'other' } };
  assert.equal(matchCredential(file, 's3', 's3://b/long/x')?.value, 'long');
  assert.equal(matchCredential(file, 's3', 's3://b/other')?.value, 'short');
  assert.equal(matchCredential(file, 's3', 's3://c')?.value, 'all');
  assert.equal(matchCredential(file, 'as', 'as://a/c'), undefined);
  assert.equal(matchCredential({ s3: { 's3://x': 1 } }, 's3', 's3://y'), undefined);
});

async function temporaryFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-credentials-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'credentials.json');
}

test('a file that did not change gives the same object, one that did another', async (t) => {
  const path = await temporaryFile(t);
  await writeFile(path, '{"s3": {"": {"key_id": "a"}}}');
  const file = new CredentialFile(path, 's3', 's3://b');
  const first = await file.current();
  assert.deepEqual(first, { name: '', value: { key_id: 'a' } });
  assert.equal(await file.current(), first);
  await writeFile(path, '{"s3": {"": {"key_id": "another"}}}');
  assert.deepEqual((await file.current())?.value, { key_id: 'another' });
});

test('a file that cannot be used is named, and nothing of it is repeated', async (t) => {
  const path = await temporaryFile(t);
  const file = new CredentialFile(path, 's3', 's3://b');
  await assert.rejects(file.current(), /cannot read the credential file .*ENOENT/);
  for (const text of ['{"s3": {"": {"secret_key": "geheim" oops', '["geheim"]', '"geheim"']) {
    await writeFile(path, text);
    await assert.rejects(file.current(), (error: Error) => {
      assert.match(error.message, /it is not valid JSON|it must be a JSON object/);
      return !error.message.includes('geheim');
    });
  }
});
