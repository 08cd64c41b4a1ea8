import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTimeoutMs } from './grpc-timeout.js';
import { RequestHeaders, RequestTrailers } from './request-headers.js';

const REQUEST: [string, string][] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/a/B'],
  ['content-type', 'application/grpc+proto'],
  ['te', 'trailers'],
];

function headersOf(fields: [string, string][], limitBytes = 1000): RequestHeaders {
  const headers = new RequestHeaders(limitBytes);
  for (const [name, value] of fields) headers.field({ name, value });
  return headers.finish();
}

describe('RequestHeaders', () => {
  it('tells what a gRPC request is about', () => {
    const headers = headersOf([
      ...REQUEST,
      ['grpc-timeout', '2S'],
      ['grpc-encoding', 'gzip'],
      ['grpc-accept-encoding', 'identity,gzip'],
      ['content-length', '12'],
    ]);
    assert.equal(headers.problem, undefined);
    assert.deepEqual(
      [headers.path, headers.grpc, headers.timeoutMs, headers.encoding, headers.contentLength],
      ['/a/B', true, 2000, 'gzip', 12],
    );
  });

  it('keeps metadata apart from what the transport acts on', () => {
    const headers = headersOf([...REQUEST, ['x-a', '1'], ['x-a', '2'], ['user-agent', 'me']]);
    assert.deepEqual([...headers.metadata].sort(), [
      ['user-agent', 'me'],
      ['x-a', '1'],
    ]);
  });

  it('decodes binary metadata, padded or not, several values in one field too', () => {
    const headers = headersOf([...REQUEST, ['x-bin', 'AAE=,AgM'], ['x-bin', '/w']]);
    assert.deepEqual(
      headers.binary('x-bin').map((value) => [...value]),
      [[0, 1], [2, 3], [255]],
    );
  });

  it('stops keeping fields at the limit', () => {
    const headers = headersOf([...REQUEST, ['x-long', 'y'.repeat(1000)]]);
    assert.equal(headers.tooLarge, true);
  });

  const malformed: Record<string, [string, string][]> = {
    'no method': REQUEST.slice(1),
    'no scheme': REQUEST.filter(([name]) => name !== ':scheme'),
    'no path': REQUEST.filter(([name]) => name !== ':path'),
    'an empty path': REQUEST.map(([name, value]) => [name, name === ':path' ? '' : value]),
    'two paths': [[':path', '/'], ...REQUEST],
    'a pseudo-header after a field': [...REQUEST, [':authority', 'a']],
    'an unknown pseudo-header': [[':status', '200'], ...REQUEST],
    'a capital letter': [...REQUEST, ['X-a', '1']],
    'a connection field': [...REQUEST, ['connection', 'close']],
    'another te': [...REQUEST, ['te', 'gzip']],
    'a line break in a value': [...REQUEST, ['x', 'a\r\nb']],
    'a length that is no number': [...REQUEST, ['content-length', '-1']],
  };
  for (const [what, fields] of Object.entries(malformed)) {
    it(`finds ${what} malformed`, () => assert.ok(headersOf(fields).problem));
  }
});

describe('RequestTrailers', () => {
  it('takes fields, but no pseudo-headers', () => {
    const trailers = new RequestTrailers();
    trailers.field({ name: 'x', value: '1' });
    assert.equal(trailers.problem, undefined);
    trailers.field({ name: ':path', value: '/' });
    assert.ok(trailers.problem);
  });
});

describe('parseTimeoutMs', () => {
  it('knows all units', () => {
    assert.deepEqual(
      ['1H', '2M', '3S', '4m', '5000u', '6000000n'].map(parseTimeoutMs),
      [3_600_000, 120_000, 3000, 4, 5, 6],
    );
  });

  it('takes nothing else for a time', () => {
    for (const text of ['', '1', 'S', '123456789S', '-1S', '1s', '1.5S']) {
      assert.ok(Number.isNaN(parseTimeoutMs(text)), text);
    }
  });
});
