import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pixels, resizeTriangle } from './triangle-resize.js';

/** Pixels that look random and are easy to make elsewhere. */
function pattern(width: number, height: number, channels: number): Pixels {
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => i * 37 + ((i * i) % 11) * 5,
  );
  return { width, height, channels, data };
}

// The expected samples are those of Pillow 13, `Image.resize((width, height), Image.BILINEAR)`.
test('shrinks like Pillow, by weighing all pixels that a target pixel covers', () => {
  const shrunk = resizeTriangle(pattern(7, 5, 1), 3, 2);
  assert.deepEqual([...shrunk.data], [57, 133, 211, 58, 140, 218]);
  assert.deepEqual(
    [...resizeTriangle(pattern(13, 9, 1), 4, 3).data],
    [113, 142, 134, 118, 160, 109, 150, 98, 121, 130, 102, 168],
  );
});

test('enlarges like Pillow, channel by channel', () => {
  const enlarged = resizeTriangle(pattern(3, 2, 3), 4, 3);
  assert.deepEqual(
    [...enlarged.data],
    [
      0, 42, 94, 98, 124, 160, 186, 119, 157, 237, 28, 85, 49, 81, 123, 128, 161, 125, 166, 154,
      119, 153, 62, 109, 97, 119, 151, 157, 198, 89, 146, 189, 81, 68, 95, 132,
    ],
  );
});

test('leaves an image of the wanted size alone', () => {
  const source = pattern(4, 3, 3);
  assert.deepEqual(resizeTriangle(source, 4, 3), source);
});
