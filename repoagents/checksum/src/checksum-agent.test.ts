import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { isInferError } from '@nereid/core';
import {
  describeRepoAgent,
  fakeModelConfig,
  fakePluginContext,
  makeTemporaryModel,
} from '@nereid/testing';
import plugin from './index.js';

const WEIGHTS = Buffer.alloc(300_000, 'weights');
const MD5 = createHash('md5').update(WEIGHTS).digest('hex');
const SHA256 = createHash('sha256').update(WEIGHTS).digest('hex');

async function layOut(parameters: Readonly<Record<string, string>>) {
  const { source, remove } = await makeTemporaryModel(fakeModelConfig(), { weights: WEIGHTS });
  return { model: { ...source, parameters }, remove };
}

describeRepoAgent('checksum', {
  plugin,
  accepted: () => layOut({ 'MD5:1/weights': MD5, 'SHA256:1/weights': SHA256 }),
  refused: () => layOut({ 'MD5:1/weights': MD5.replace(/^./, (c) => (c === '0' ? '1' : '0')) }),
});

describe('the checksum agent', () => {
  async function load(parameters: Readonly<Record<string, string>>): Promise<string> {
    const { model, remove } = await layOut(parameters);
    const agent = plugin.createRepoAgent(fakePluginContext());
    return agent.load(model).finally(remove);
  }

  /** The code and message that a load with these parameters fails with. */
  async function refusal(parameters: Readonly<Record<string, string>>) {
    const error: unknown = await load(parameters).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(isInferError(error), 'the load fails');
    return [error.code, error.message];
  }

  it('names file and both hashes of a mismatch as Triton does', async () => {
    const wrong = '0'.repeat(32);
    assert.deepEqual(await refusal({ 'MD5:1/weights': wrong }), [
      'INVALID_ARG',
      `Mismatched MD5 hash for file 1/weights, expect: ${wrong}, got: ${MD5}`,
    ]);
    const long = '0'.repeat(64);
    assert.deepEqual(await refusal({ 'SHA256:1/weights': long }), [
      'INVALID_ARG',
      `Mismatched SHA256 hash for file 1/weights, expect: ${long}, got: ${SHA256}`,
    ]);
  });

  it('takes algorithms and digests in any case, SHA-256 with its dash', async () => {
    await load({ 'md5:1/weights': MD5.toUpperCase(), 'Sha-256:1/weights': `${SHA256}\n` });
  });

  it('takes a model without parameters as it is', async () => {
    await load({});
  });

  it('refuses parameters that it cannot read', async () => {
    assert.deepEqual(await refusal({ weights: MD5 }), [
      'INVALID_ARG',
      'failed to parse key: weights',
    ]);
    assert.deepEqual(await refusal({ 'SHA1:1/weights': MD5 }), [
      'UNSUPPORTED',
      'Unsupported checksum algorithm: SHA1',
    ]);
    assert.deepEqual(await refusal({ 'MD5:1/weights': 'abc' }), [
      'INVALID_ARG',
      'the MD5 hash of file 1/weights has 32 hexadecimal digits, got: abc',
    ]);
  });

  it('refuses a file that is missing or outside of the model', async () => {
    const [code, message] = await refusal({ 'MD5:1/absent': MD5 });
    assert.equal(code, 'INVALID_ARG');
    assert.match(String(message), /^failed to open text file for read 1\/absent: ENOENT/);
    assert.deepEqual(await refusal({ 'MD5:../other': MD5 }), [
      'INVALID_ARG',
      "the file ../other is not in the model's folder",
    ]);
  });
});
