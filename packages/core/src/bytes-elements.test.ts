import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinBytesElements, splitBytesElements } from './bytes-elements.js';

test('splits what it joined', () => {
  const data = joinBytesElements(['', 'ä', new Uint8Array([0, 255])]);
  assert.deepEqual([...data], [0, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa4, 2, 0, 0, 0, 0, 255]);
  assert.deepEqual(
    splitBytesElements(data).map((element) => [...element]),
    [[], [0xc3, 0xa4], [0, 255]],
  );
});

test('splits a view that starts anywhere', () => {
  const shifted = new Uint8Array(8);
  shifted.set(joinBytesElements(['abc']), 1);
  const [element] = splitBytesElements(shifted.subarray(1));
  assert.equal(Buffer.from(element ?? []).toString(), 'abc');
});

test('refuses a length that points beyond the end', () => {
  assert.throws(() => splitBytesElements(new Uint8Array([5, 0, 0, 0, 1])), RangeError);
});
