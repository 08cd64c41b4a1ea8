import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pixelTensor } from './pixel-tensor.js';
import type { Pixels } from './triangle-resize.js';

/** Two pixels side by side: red 0, 255; green 51, 102; blue 10, 20. */
const COLOR: Pixels = {
  width: 2,
  height: 1,
  channels: 3,
  data: Uint8Array.of(0, 51, 10, 255, 102, 20),
};

function floats(data: Uint8Array): readonly number[] {
  return [...new Float32Array(data.buffer)];
}

test('scales with INCEPTION from -1 to 1, channel after channel in NCHW', () => {
  const data = pixelTensor(COLOR, { datatype: 'FP32', layout: 'NCHW', scaling: 'INCEPTION' });
  const expected = [0, 255, 51, 102, 10, 20].map((sample) => Math.fround(sample / 127.5 - 1));
  assert.deepEqual(floats(data), expected);
});

test('keeps the channels of a pixel together in NHWC', () => {
  const data = pixelTensor(COLOR, { datatype: 'FP32', layout: 'NHWC', scaling: 'NONE' });
  assert.deepEqual(floats(data), [0, 51, 10, 255, 102, 20]);
});

test('subtracts the mean of each channel with VGG, and one mean from gray', () => {
  const data = pixelTensor(COLOR, { datatype: 'INT16', layout: 'NHWC', scaling: 'VGG' });
  assert.deepEqual([...new Int16Array(data.buffer)], [-123, -66, -94, 132, -15, -84]);
  const gray = { ...COLOR, width: 6, channels: 1 };
  const shifted = pixelTensor(gray, { datatype: 'FP32', layout: 'NCHW', scaling: 'VGG' });
  assert.equal(floats(shifted)[0], -128);
});

test('writes bytes, 64-bit integers and half-precision floats', () => {
  const format = { layout: 'NHWC', scaling: 'NONE' } as const;
  const bytes = pixelTensor(COLOR, { ...format, datatype: 'UINT8' });
  assert.deepEqual([...bytes], [0, 51, 10, 255, 102, 20]);
  const long = pixelTensor(COLOR, { ...format, datatype: 'INT64' });
  assert.deepEqual([...new BigInt64Array(long.buffer)], [0n, 51n, 10n, 255n, 102n, 20n]);
  const half = pixelTensor(COLOR, { ...format, datatype: 'FP16' });
  assert.equal(new Uint16Array(half.buffer)[1], 0x5260);
});
