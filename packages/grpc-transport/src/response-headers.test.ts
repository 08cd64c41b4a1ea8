import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HpackDecoder } from './hpack/hpack-decoder.js';
import { ResponseHeaders } from './response-headers.js';

/** A client that decodes the blocks in their order. */
function client() {
  const decoder = new HpackDecoder(4096);
  return (block: Buffer): Record<string, string> => {
    const fields: Record<string, string> = {};
    const sink = {
      field: ({ name = '', value = '' }) => {
        fields[name] = value;
      },
    };
    decoder.decode(block, { start: 0, end: block.length }, sink);
    return fields;
  };
}

const OK = { code: 0, message: '' };
const INITIAL = {
  ':status': '200',
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,deflate,gzip',
};

describe('ResponseHeaders', () => {
  it('says the same in few bytes once the client remembers', () => {
    const headers = new ResponseHeaders();
    const decode = client();
    const sizes: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      const [first, last] = [headers.initial('identity'), headers.trailers(OK)];
      sizes.push(first.length + last.length);
      assert.deepEqual(decode(first), INITIAL);
      assert.deepEqual(decode(last), { 'grpc-status': '0' });
    }
    assert.deepEqual(sizes.slice(1), [4, 4]);
  });

  it('keeps the order when calls overlap', () => {
    const headers = new ResponseHeaders();
    const decode = client();
    const blocks = [
      headers.initial('identity'),
      headers.initial('gzip'),
      headers.trailersOnly({ code: 5, message: 'no' }),
      headers.trailers(OK),
      headers.initial('identity'),
      headers.trailers(OK),
    ];
    const decoded = blocks.map(decode);
    assert.deepEqual(decoded[0], INITIAL);
    assert.deepEqual(decoded[1], { ...INITIAL, 'grpc-encoding': 'gzip' });
    assert.equal(decoded[2]?.['grpc-status'], '5');
    assert.deepEqual(decoded[3], { 'grpc-status': '0' });
    assert.deepEqual(decoded[4], INITIAL);
    assert.deepEqual(decoded[5], { 'grpc-status': '0' });
  });

  it('leaves a table alone that the client wants smaller', () => {
    const headers = new ResponseHeaders();
    headers.limitTable(0);
    const decode = client();
    for (let index = 0; index < 2; index += 1) {
      const block = headers.initial('identity');
      assert.equal(block[0] === 0x20, index === 0);
      assert.deepEqual(decode(block), INITIAL);
      assert.deepEqual(decode(headers.trailers(OK)), { 'grpc-status': '0' });
    }
  });

  it('cuts a message that is too long for clients that name no limit', () => {
    const headers = new ResponseHeaders();
    const decode = client();
    const message = 'x'.repeat(100_000);
    for (const limit of [undefined, 1_000_000]) {
      if (limit !== undefined) headers.limitList(limit);
      const cut = decode(headers.trailersOnly({ code: 3, message }))['grpc-message'] ?? '';
      assert.equal(cut.length, 16_384);
    }
  });

  it('cuts a message that the client has no room for', () => {
    const headers = new ResponseHeaders();
    const decode = client();
    const status = { code: 13, message: 'ä'.repeat(10_000) };
    for (const limit of [16_384, 16_386, 16_388, 0]) {
      headers.limitList(limit);
      const cut = decode(headers.trailersOnly(status))['grpc-message'] ?? '';
      assert.ok(cut.length <= Math.max(128, limit / 2 - 512) && cut.length > 100);
      assert.match(cut, /^(%C3%A4)+(%C3)?\.\.\.$/);
    }
  });

  it('encodes messages and metadata', () => {
    const headers = new ResponseHeaders();
    const decode = client();
    const message = 'half a % of ä\n';
    const fields = decode(
      headers.trailersOnly({ code: 3, message }, [
        ['x-text', 'words'],
        ['x-bin', Buffer.from([0, 255])],
      ]),
    );
    assert.equal(decodeURIComponent(fields['grpc-message'] ?? ''), message);
    assert.match(fields['grpc-message'] ?? '', /^[ -~]*$/);
    assert.equal(fields['x-text'], 'words');
    assert.equal(fields['x-bin'], 'AP8=');
  });
});
