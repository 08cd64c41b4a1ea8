import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import {
  chooseEncoding,
  compressMessage,
  type InflateProblem,
  MessageInflater,
} from './message-coder.js';

function inflate(inflater: MessageInflater, message: Buffer, encoding: 'gzip' | 'deflate') {
  return new Promise<Buffer | InflateProblem>((done) => {
    inflater.inflate({ message, encoding, done });
  });
}

describe('MessageInflater', () => {
  it('inflates gzip and deflate', async () => {
    const inflater = new MessageInflater(1000);
    const text = Buffer.from('words '.repeat(100));
    assert.deepEqual(await inflate(inflater, gzipSync(text), 'gzip'), text);
    assert.deepEqual(await inflate(inflater, deflateSync(text), 'deflate'), text);
  });

  it('stops at the limit', async () => {
    const inflater = new MessageInflater(1000);
    assert.equal(await inflate(inflater, gzipSync(Buffer.alloc(1001)), 'gzip'), 'size');
    assert.ok(Buffer.isBuffer(await inflate(inflater, gzipSync(Buffer.alloc(1000)), 'gzip')));
  });

  it('tells bytes that are not compressed, and goes on with the next', async () => {
    const inflater = new MessageInflater(1000);
    const results = [1, 2, 3, 4].map(() => inflate(inflater, Buffer.from('no gzip'), 'gzip'));
    assert.deepEqual(await Promise.all(results), ['data', 'data', 'data', 'data']);
  });
});

describe('compressMessage', () => {
  it('compresses what becomes smaller, and nothing else', async () => {
    const compress = (message: Buffer) =>
      new Promise<Buffer | undefined>((done) => {
        compressMessage(message, 'gzip', done);
      });
    const large = await compress(Buffer.alloc(1000));
    assert.equal(large && gunzipSync(large).length, 1000);
    assert.equal(await compress(Buffer.from('short')), undefined);
  });
});

describe('chooseEncoding', () => {
  it('goes from gzip to deflate with the level, among what the client accepts', () => {
    const both = 'identity, deflate, gzip';
    const levels = ['none', 'low', 'medium', 'high'] as const;
    assert.deepEqual(
      levels.map((level) => chooseEncoding(level, both)),
      ['identity', 'gzip', 'deflate', 'deflate'],
    );
    assert.deepEqual(
      levels.map((level) => chooseEncoding(level, 'identity,gzip')),
      ['identity', 'gzip', 'gzip', 'gzip'],
    );
    assert.deepEqual(
      levels.map((level) => chooseEncoding(level, '')),
      ['identity', 'identity', 'identity', 'identity'],
    );
  });
});
