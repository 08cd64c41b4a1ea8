import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataType } from '@nereid/core';
import { bytesTensor } from '@nereid/testing';
import { tensorText } from './tensor-text.js';

/** At an odd offset, as tensors in a request's body may be. */
function text(datatype: DataType, ...bytes: number[]): string {
  const data = Buffer.from([0, ...bytes]).subarray(1);
  return tensorText({ name: 'T', datatype, shape: [data.length], data });
}

describe('the text of a tensor', () => {
  it('has the elements of every datatype', () => {
    assert.equal(text('BOOL', 0, 1), '0,1');
    assert.equal(text('UINT8', 255), '255');
    assert.equal(text('INT8', 255), '-1');
    assert.equal(text('UINT16', 1, 1), '257');
    assert.equal(text('INT16', 255, 255), '-1');
    assert.equal(text('UINT32', 255, 255, 255, 255), '4294967295');
    assert.equal(text('INT32', 255, 255, 255, 255), '-1');
    assert.equal(text('UINT64', ...Array(8).fill(255)), '18446744073709551615');
    assert.equal(text('INT64', ...Array(8).fill(255)), '-1');
    assert.equal(text('FP16', 0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c), '1,-2,5.96046e-8,Infinity');
    assert.equal(text('BF16', 0x80, 0x3f, 0x20, 0xc1), '1,-10');
    assert.equal(text('FP32', 0, 0, 0xc0, 0x3f), '1.5');
    assert.equal(text('FP64', 0, 0, 0, 0, 0, 0, 0xf8, 0xbf), '-1.5');
  });

  it('has strings in quotes', () => {
    assert.equal(tensorText(bytesTensor('T', [2], ['a', 'b"c'])), '"a","b"c"');
  });

  it('takes data of any length', () => {
    assert.equal(text('FP32', 1, 2, 3), '');
    assert.equal(text('BYTES', 9, 0, 0, 0, 0x61), '"a"');
    assert.equal(text('BYTES', 1, 0), '');
  });

  it('is cut off in a large tensor', () => {
    const shown = text('UINT8', ...Array(20_000).fill(7)).split(',');
    assert.deepEqual([shown.length, shown.at(-1)], [16_385, '...']);
    const long = tensorText(bytesTensor('T', [3], ['a', 'b'.repeat(1_000_000), 'c']));
    assert.deepEqual([long.length, long.slice(-5)], [3 + 1 + 262_143 + 2 + 4, '",...']);
  });
});
