import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import { listImages, loadImage } from './load-image.js';

const SAMPLES = Buffer.from(
  Array.from({ length: 24 }, (_, i) => (i * 37 + ((i * i) % 11) * 5) % 256),
);
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-images-'));
  const raw = { width: 4, height: 2, channels: 3 } as const;
  await sharp(SAMPLES, { raw }).png().toFile(join(folder, 'color.png'));
  await sharp(SAMPLES.subarray(0, 8), { raw: { ...raw, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(join(folder, 'gray.PNG'));
  await sharp(SAMPLES, { raw: { ...raw, width: 3, channels: 4 } })
    .png()
    .toFile(join(folder, 'alpha.png'));
  await writeFile(join(folder, 'notes.txt'), 'no image');
});

after(() => rm(folder, { recursive: true }));

test('decodes colors as they are stored', async () => {
  const pixels = await loadImage(join(folder, 'color.png'), 3);
  assert.deepEqual([pixels.width, pixels.height], [4, 2]);
  assert.deepEqual([...pixels.data], [...SAMPLES]);
});

// The expected samples are those of Pillow 13, `Image.convert('L')`.
test('turns colors into gray like Pillow', async () => {
  const pixels = await loadImage(join(folder, 'color.png'), 1);
  assert.deepEqual([...pixels.data], [35, 171, 97, 116, 207, 91, 220, 41]);
});

test('repeats gray in each channel', async () => {
  const pixels = await loadImage(join(folder, 'gray.PNG'), 3);
  assert.deepEqual([...pixels.data.subarray(0, 6)], [0, 0, 0, 42, 42, 42]);
});

test('drops transparency without blending', async () => {
  const pixels = await loadImage(join(folder, 'alpha.png'), 3);
  const expected = [...SAMPLES].filter((_, i) => i % 4 !== 3);
  assert.deepEqual([...pixels.data], expected);
});

test('takes the images of a folder in the order of their names', async () => {
  const files = await listImages([folder, join(folder, 'notes.txt')]);
  const expected = ['alpha.png', 'color.png', 'gray.PNG', 'notes.txt'];
  assert.deepEqual(
    files,
    expected.map((name) => join(folder, name)),
  );
});

test('names the file that is missing or no image', async () => {
  await assert.rejects(listImages([join(folder, 'none.png')]), /There is no file .*none\.png/);
  await assert.rejects(loadImage(join(folder, 'notes.txt'), 3), /notes\.txt cannot be read/);
});
