/** Resizes RGB pixels to 224×224 by bilinear interpolation and scales them to -1..1, channels first. */

const SIZE = 224;
const CHANNELS = 3;

export function execute(requests) {
  return requests.map(({ inputs }) => {
    const { shape, data } = inputs.image;
    const [height, width] = shape;
    if (height === 0 || width === 0) return new Error('the image has no pixels');
    const pixels = resize({ data, height, width });
    return { outputs: { input: { shape: [CHANNELS, SIZE, SIZE], data: pixels } } };
  });
}

function resize(image) {
  const rows = positions(image.height);
  const columns = positions(image.width);
  const result = new Float32Array(CHANNELS * SIZE * SIZE);
  for (let channel = 0; channel < CHANNELS; channel += 1) {
    const at = (y, x) => image.data[(y * image.width + x) * CHANNELS + channel];
    for (let y = 0; y < SIZE; y += 1) {
      for (let x = 0; x < SIZE; x += 1) {
        const value = interpolate(at, rows[y], columns[x]);
        result[(channel * SIZE + y) * SIZE + x] = value / 127.5 - 1;
      }
    }
  }
  return result;
}

/** For each of the target's rows or columns: the two of the source it lies between, and how far. */
function positions(length) {
  return Array.from({ length: SIZE }, (_, index) => {
    const center = Math.max(0, ((index + 0.5) * length) / SIZE - 0.5);
    const first = Math.min(Math.floor(center), length - 1);
    return { first, second: Math.min(first + 1, length - 1), share: center - first };
  });
}

function interpolate(at, row, column) {
  const upper = mix(at(row.first, column.first), at(row.first, column.second), column.share);
  const lower = mix(at(row.second, column.first), at(row.second, column.second), column.share);
  return mix(upper, lower, row.share);
}

function mix(a, b, share) {
  return a + (b - a) * share;
}
