import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatToHalf } from './float-to-half.js';

const CASES: readonly (readonly [number, number])[] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-1, 0xbc00],
  [0.1, 0x2e66],
  [65504, 0x7bff],
  [65519, 0x7bff],
  [65520, 0x7c00],
  [-1e9, 0xfc00],
  [Number.NaN, 0x7e00],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -25, 0x0000],
  [1023.9999 * 2 ** -24, 0x0400],
];

for (const [value, bits] of CASES) {
  test(`rounds ${value} to 0x${bits.toString(16)}`, () => {
    assert.equal(floatToHalf(value), bits);
  });
}

test('rounds a tie to the even neighbour', () => {
  assert.equal(floatToHalf(1 + 2 ** -11), 0x3c00);
  assert.equal(floatToHalf(1 + 3 * 2 ** -11), 0x3c02);
});

test('carries into the exponent when the significand rounds up', () => {
  assert.equal(floatToHalf(2 - 2 ** -12), 0x4000);
});
