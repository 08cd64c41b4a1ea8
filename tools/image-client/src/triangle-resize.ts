/** Eight-bit pixels, row by row, the channels of a pixel side by side. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Bits behind the point of a weight: as many as Pillow's, so that ties round alike. */
const WEIGHT_BITS = 22;

/** Which source samples one target sample is made of; the weights add up to one. */
interface Contribution {
  readonly start: number;
  readonly weights: Int32Array;
}

/**
 * Resizes with a triangle filter that widens as the image shrinks, which is what the Pillow library
 * calls BILINEAR and what models that are fed through it were tried with. Image libraries differ
 * here: those that only look at the four nearest pixels give logits that are off by tenths.
 */
export function resizeTriangle(source: Pixels, width: number, height: number): Pixels {
  return resizeRows(resizeColumns(source, width), height);
}

/** Changes the width. Rounds to eight bits in between, as Pillow does. */
function resizeColumns(source: Pixels, width: number): Pixels {
  const { height, channels } = source;
  if (width === source.width) return source;
  const contributions = contributionsOf(source.width, width);
  const data = new Uint8ClampedArray(width * height * channels);
  for (let row = 0; row < height; row++) {
    const from = source.data.subarray(row * source.width * channels);
    const to = data.subarray(row * width * channels);
    contributions.forEach((contribution, column) => {
      for (let channel = 0; channel < channels; channel++) {
        const position = { first: contribution.start * channels + channel, stride: channels };
        to[column * channels + channel] = weightedSum(from, position, contribution.weights);
      }
    });
  }
  return { width, height, channels, data: bytesOf(data) };
}

/** Changes the height; a row is `rowLength` samples that are treated alike. */
function resizeRows(source: Pixels, height: number): Pixels {
  const { width, channels } = source;
  if (height === source.height) return source;
  const rowLength = width * channels;
  const data = new Uint8ClampedArray(rowLength * height);
  contributionsOf(source.height, height).forEach((contribution, row) => {
    for (let column = 0; column < rowLength; column++) {
      const position = { first: contribution.start * rowLength + column, stride: rowLength };
      data[row * rowLength + column] = weightedSum(source.data, position, contribution.weights);
    }
  });
  return { width, height, channels, data: bytesOf(data) };
}

/** `stride` is how far apart the samples of one sum lie. */
function weightedSum(
  samples: Uint8Array,
  { first, stride }: { readonly first: number; readonly stride: number },
  weights: Int32Array,
): number {
  let sum = 1 << (WEIGHT_BITS - 1);
  for (let i = 0; i < weights.length; i++) {
    sum += (samples[first + i * stride] ?? 0) * (weights[i] ?? 0);
  }
  return sum >> WEIGHT_BITS;
}

function contributionsOf(sourceSize: number, targetSize: number): Contribution[] {
  const scale = sourceSize / targetSize;
  const support = Math.max(1, scale);
  return Array.from({ length: targetSize }, (_, target) => {
    const center = (target + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - support + 0.5));
    const end = Math.min(sourceSize, Math.floor(center + support + 0.5));
    const weights = Float64Array.from({ length: end - start }, (_unused, i) =>
      Math.max(0, 1 - Math.abs(start + i + 0.5 - center) / support),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    const one = 1 << WEIGHT_BITS;
    return {
      start,
      weights: Int32Array.from(weights, (weight) => Math.round((weight / sum) * one)),
    };
  });
}

function bytesOf(data: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
