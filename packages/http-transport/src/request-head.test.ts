import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRequestHead, type RequestHead } from './request-head.js';

function parse(...lines: readonly string[]): RequestHead {
  const head = parseRequestHead(lines.join('\r\n'), 8);
  assert.ok(!('status' in head), JSON.stringify(head));
  return head;
}

function refused(...lines: readonly string[]): number {
  const head = parseRequestHead(lines.join('\r\n'), 8);
  assert.ok('status' in head, JSON.stringify(head));
  return head.status;
}

const GET = 'GET / HTTP/1.1';

describe('a request line', () => {
  it('has a method, a target and a version', () => {
    const head = parse('POST /v2/m%20x?y=z HTTP/1.1');
    assert.deepEqual([head.method, head.target, head.minorVersion], ['POST', '/v2/m%20x?y=z', 1]);
    assert.equal(parse('GET / HTTP/1.0').minorVersion, 0);
    assert.equal(parse('GET / HTTP/1.9').minorVersion, 1);
    assert.equal(parse('BREW pot://x HTTP/1.1').method, 'BREW');
  });

  it('is refused if anything else is in it', () => {
    for (const line of [
      '',
      'GET',
      'GET /',
      'GET  / HTTP/1.1',
      'GET / HTTP/1.1 ',
      ' GET / HTTP/1.1',
      'GET / x HTTP/1.1',
      'GET\t/ HTTP/1.1',
      'G(T / HTTP/1.1',
      'GET / HTTP/11',
      'GET / http/1.1',
      'GET /\u0001 HTTP/1.1',
      'GET / HTTP/1.1\nA: b',
    ]) {
      assert.equal(refused(line), 400, JSON.stringify(line));
    }
    assert.equal(refused('GET / HTTP/2.0'), 505);
    assert.equal(refused('PRI * HTTP/2.0'), 505);
  });
});

describe('header fields', () => {
  it('keep their order and case, and lose the blanks around values', () => {
    const { fields } = parse(GET, 'Host: x', 'A-b:c', 'D: \t e  f\t ', 'Empty:', 'Obs: \u00e9');
    assert.deepEqual(fields, ['Host', 'x', 'A-b', 'c', 'D', 'e  f', 'Empty', '', 'Obs', '\u00e9']);
  });

  it('are refused with bad names, control characters or folds', () => {
    for (const line of [
      'No-Colon',
      ': nameless',
      'Blank : x',
      ' Folded: x',
      '\tfolded',
      'A\u0000: x',
      'A: x\u0000',
      'A: x\ry',
      'A: x\ny',
      'A: \u007f',
      'A b: x',
    ]) {
      assert.equal(refused(GET, 'Host: x', line), 400, JSON.stringify(line));
    }
  });

  it('are limited in number', () => {
    const lines = Array.from({ length: 9 }, (_, index) => `A${index}: x`);
    assert.equal(refused(GET, ...lines), 431);
    parse(GET, ...lines.slice(1));
  });

  it('take time in proportion to their length', () => {
    const blanks = ' '.repeat(60_000);
    const start = performance.now();
    parse(GET, `A: x${blanks}y${blanks}`);
    assert.ok(performance.now() - start < 1_000);
  });

  it('name one host at most', () => {
    assert.equal(refused(GET, 'Host: a', 'host: a'), 400);
    parse('GET / HTTP/1.1');
  });
});

describe('the framing of a body', () => {
  it('is a length, chunks, or nothing', () => {
    assert.deepEqual(parse(GET).framing, { kind: 'length', sizeBytes: 0 });
    assert.deepEqual(parse(GET, 'content-length: 0012').framing, { kind: 'length', sizeBytes: 12 });
    assert.deepEqual(parse(GET, 'Transfer-Encoding: Chunked').framing, { kind: 'chunked' });
  });

  it('is refused where two readers could differ', () => {
    for (const lines of [
      ['Content-Length: 5', 'Content-Length: 5'],
      ['Content-Length: 5', 'content-length: 6'],
      ['Content-Length: 5, 5'],
      ['Content-Length: +5'],
      ['Content-Length: -5'],
      ['Content-Length: 0x5'],
      ['Content-Length: 5e1'],
      ['Content-Length: 5 5'],
      ['Content-Length:'],
      ['Content-Length: 9999999999999999'],
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: gzip, chunked'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding: chunked;x=y'],
    ]) {
      assert.equal(refused('POST / HTTP/1.1', ...lines), 400, lines.join(' | '));
    }
    assert.equal(refused('POST / HTTP/1.1', 'Transfer-Encoding: gzip'), 501);
    assert.equal(refused('POST / HTTP/1.0', 'Transfer-Encoding: chunked'), 400);
  });
});

describe('a connection', () => {
  it('is kept unless one side says otherwise', () => {
    assert.equal(parse(GET).keepAlive, true);
    assert.equal(parse(GET, 'Connection: Upgrade, Close').keepAlive, false);
    assert.equal(parse(GET, 'Connection: keep-alive', 'Connection: close').keepAlive, false);
    assert.equal(parse('GET / HTTP/1.0').keepAlive, false);
    assert.equal(parse('GET / HTTP/1.0', 'Connection: Keep-Alive').keepAlive, true);
  });

  it('may expect to be told to continue, and nothing else', () => {
    assert.equal(parse(GET, 'Expect: 100-Continue').expectsContinue, true);
    assert.equal(parse('GET / HTTP/1.0', 'Expect: 100-continue').expectsContinue, false);
    assert.equal(refused(GET, 'Expect: the unexpected'), 417);
  });
});
