import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadCache, NOT_KEPT } from './head-cache.js';

const TEXT = 'POST /one HTTP/1.1\r\nHost: here\r\nContent-Length: 3';

function wire(text: string, rest = ''): Buffer {
  return Buffer.from(`${text}\r\n\r\n${rest}`, 'latin1');
}

test('knows a head again by its bytes, wherever they begin and whatever follows', () => {
  const cache = new HeadCache(10);
  const { head, number } = cache.parse(TEXT);
  const bytes = Buffer.concat([Buffer.from('abc'), wire(TEXT, 'xyz')]);
  const known = cache.repeated(number, bytes, 3);
  assert.equal(known?.head, head);
  assert.equal(bytes.toString('latin1', 3 + (known?.bytes.length ?? 0)), 'xyz');
  assert.equal(cache.parse(TEXT).head, head);
});

test('takes nothing for a repeated head that differs, is longer, or has not all come', () => {
  const cache = new HeadCache(10);
  const { number } = cache.parse(TEXT);
  assert.equal(cache.repeated(number, wire(TEXT.replace('3', '4')), 0), undefined);
  assert.equal(cache.repeated(number, wire(`${TEXT}\r\nX: 1`), 0), undefined);
  assert.equal(cache.repeated(number, wire(TEXT).subarray(0, -1), 0), undefined);
  assert.equal(cache.repeated(number, wire(TEXT), 1), undefined);
  assert.equal(cache.repeated(NOT_KEPT, wire(TEXT), 0), undefined);
});

test('keeps neither what it refuses nor long heads', () => {
  const cache = new HeadCache(10);
  assert.equal(cache.parse('nonsense').number, NOT_KEPT);
  assert.equal(cache.parse(`${TEXT}\r\nX: ${'y'.repeat(2_048)}`).number, NOT_KEPT);
});

test('a number never leads to another head than its bytes, however many heads come', () => {
  const cache = new HeadCache(10);
  const first = cache.parse(TEXT);
  for (let count = 0; count < 2_000; count += 1) {
    const text = `GET /${count} HTTP/1.1\r\nHost: here`;
    const { number } = cache.parse(text);
    const known = cache.repeated(number, wire(text), 0);
    assert.equal(known?.head.target, `/${count}`);
    const stale = cache.repeated(first.number, wire(TEXT), 0);
    assert.ok(stale === undefined || stale.head.target === '/one');
  }
});
