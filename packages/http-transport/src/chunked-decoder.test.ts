import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BodyBuffer } from './body-buffer.js';
import { ByteBudget } from './byte-budget.js';
import { ChunkedDecoder } from './chunked-decoder.js';

const LIMITS = { maxBodyBytes: 1_000, maxChunkOverheadBytes: 200, maxFields: 3 };

/** Decodes text that comes in pieces of so many bytes. */
function decode(text: string, pieceBytes = text.length, limitBytes = 10_000) {
  const budget = new ByteBudget(limitBytes);
  const allocator = { take: (sizeBytes: number) => Buffer.alloc(sizeBytes), giveBack() {} };
  const body = new BodyBuffer({
    sizeBytes: undefined,
    maxPledgedBytes: 1_000,
    budget,
    allocator,
  });
  const decoder = new ChunkedDecoder(body, LIMITS);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.subarray(at, at + pieceBytes);
    const next = decoder.decode(piece, 0);
    if (typeof next !== 'number') return { status: next.status };
    if (decoder.done) {
      return { body: Buffer.from(body.bytes).toString('latin1'), takenBytes: at + next };
    }
    assert.equal(next, piece.length);
  }
  return { more: true };
}

const WHOLE = '5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\n';

describe('a chunked body', () => {
  it('is put together, wherever it is cut', () => {
    for (let pieceBytes = 1; pieceBytes <= WHOLE.length; pieceBytes += 1) {
      const { body, takenBytes } = decode(`${WHOLE}GET /`, pieceBytes);
      assert.equal(body, 'hello world');
      assert.equal(takenBytes, WHOLE.length);
    }
  });

  it('may be empty, and have zeros in front of sizes', () => {
    assert.equal(decode('0\r\n\r\n').body, '');
    assert.equal(decode('00000005;x\r\nhello\r\n000\r\n\r\n').body, 'hello');
    assert.equal(decode('A\r\n0123456789\r\n0\r\n\r\n').body, '0123456789');
  });

  it('waits for its end', () => {
    for (const text of ['', '5', '5\r', '5\r\nhel', '5\r\nhello\r\n', '0\r\n', '0\r\nA: b\r\n']) {
      assert.deepEqual(decode(text), { more: true });
    }
  });

  it('is refused with sizes, ends or trailers that are not exact', () => {
    for (const text of [
      '\r\n',
      'g\r\n',
      '-1\r\n',
      '+1\r\n',
      '0x5\r\n',
      ' 5\r\n',
      '5 5\r\n',
      '5\nhello\r\n',
      '5\r\nhello\n',
      '5\r\nhelloo\r\n',
      '5\r\nhello0\r\n\r\n',
      '5;\u0000\r\n',
      '5;a\rb\r\n',
      '123456789\r\n',
      '0\r\n\n',
      '0\r\n folded\r\n\r\n',
      '0\r\nNo-Colon\r\n\r\n',
      '0\r\nContent-Length: 5\r\n\r\n',
      '0\r\nTransfer-Encoding: chunked\r\n\r\n',
      '0\r\nHost: y\r\n\r\n',
    ]) {
      assert.deepEqual(decode(text), { status: 400 }, JSON.stringify(text));
    }
  });

  it('is limited in size, framing and trailer', () => {
    assert.deepEqual(decode('3E9\r\n'), { status: 413 });
    assert.deepEqual(decode(`${'1\r\nx\r\n'.repeat(100)}`), { status: 413 });
    assert.deepEqual(decode(`1;${'x'.repeat(300)}`), { status: 413 });
    assert.deepEqual(decode(`0\r\n${'A: b\r\n'.repeat(4)}\r\n`), { status: 431 });
    assert.deepEqual(decode('5\r\nhello\r\n0\r\n\r\n', 100, 4), { status: 503 });
  });
});
