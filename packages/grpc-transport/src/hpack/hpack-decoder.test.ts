import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HpackDecoder } from './hpack-decoder.js';
import { STATIC_TABLE } from './static-table.js';

function decode(decoder: HpackDecoder, hex: string): string[] {
  const bytes = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  const fields: string[] = [];
  const sink = { field: ({ name = '', value = '' }) => void fields.push(`${name}: ${value}`) };
  decoder.decode(bytes, { start: 0, end: bytes.length }, sink);
  return fields;
}

const compressionError = { name: 'ConnectionError', code: 9 };

describe('HpackDecoder', () => {
  it('decodes the request examples of RFC 7541, appendix C.3', () => {
    const decoder = new HpackDecoder(4096);
    assert.deepEqual(decode(decoder, '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d'), [
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
    ]);
    assert.deepEqual(decode(decoder, '8286 84be 5808 6e6f 2d63 6163 6865'), [
      ':method: GET',
      ':scheme: http',
      ':path: /',
      ':authority: www.example.com',
      'cache-control: no-cache',
    ]);
  });

  it('decodes the Huffman examples of appendix C.4', () => {
    const decoder = new HpackDecoder(4096);
    const first = decode(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff');
    assert.equal(first[3], ':authority: www.example.com');
    const second = decode(decoder, '8286 84be 5886 a8eb 1064 9cbf');
    assert.equal(second[4], 'cache-control: no-cache');
    const third = decode(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf');
    assert.deepEqual(third.slice(3), [':authority: www.example.com', 'custom-key: custom-value']);
  });

  it('evicts as the examples of appendix C.6 with a table of 256 bytes do', () => {
    const decoder = new HpackDecoder(256);
    const first =
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e ' +
      '919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3';
    assert.equal(decode(decoder, first)[0], ':status: 302');
    assert.deepEqual(decode(decoder, '4883 640e ffc1 c0bf'), [
      ':status: 307',
      'cache-control: private',
      'date: Mon, 21 Oct 2013 20:13:21 GMT',
      'location: https://www.example.com',
    ]);
  });

  it('has the 61 entries of the static table', () => {
    assert.equal(STATIC_TABLE.length, 61);
    assert.deepEqual(STATIC_TABLE[60], { name: 'www-authenticate', value: '' });
    assert.deepEqual(STATIC_TABLE[30], { name: 'content-type', value: '' });
  });

  it('forgets what a smaller table has no room for', () => {
    const decoder = new HpackDecoder(4096);
    decode(decoder, '4001 6101 62');
    assert.deepEqual(decode(decoder, 'be'), ['a: b']);
    const before = decoder.generation;
    assert.deepEqual(decode(decoder, '20 82'), [':method: GET']);
    assert.notEqual(decoder.generation, before);
    assert.throws(() => decode(decoder, 'be'), compressionError);
  });

  it('keeps its generation while the table stays as it is', () => {
    const decoder = new HpackDecoder(4096);
    const { generation } = decoder;
    decode(decoder, '82 86 0001 6101 62');
    assert.equal(decoder.generation, generation);
  });

  const bad = {
    'the index 0': '80',
    'an index beyond the tables': 'ff 80 02',
    'a table above the limit': '3f e2 1f',
    'a change of the table after a field': '82 20',
    'a string beyond the end': '00 05 61',
    'a field without a value': '00 01 61',
    'an integer without an end': 'ff ff ff ff ff ff ff ff',
    'padding longer than seven bits': '00 82 1f ff 00',
    'padding that is not ones': '00 81 18 00',
    'the end of the string inside of it': '00 84 ff ff ff ff 00',
  };
  for (const [what, hex] of Object.entries(bad)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decode(new HpackDecoder(4096), hex), compressionError);
    });
  }
});
