/** Cuts a turned rectangle out of a page, and straightens it to a line of a fixed height. */

export const LINE_HEIGHT = 48;
const MAX_WIDTH = 3200;
/** Lines that are so much higher than wide are written from top to bottom. */
const VERTICAL_RATIO = 1.5;

/** How wide a line is when it has the fixed height. */
export function lineWidth(corners) {
  const { width, height } = measure(asWritten(corners));
  return Math.min(MAX_WIDTH, Math.max(1, Math.ceil((LINE_HEIGHT * width) / height)));
}

/**
 * Writes the first `width` pixels of a line to `target`, as RGB, in rows that are `stride` bytes apart.
 */
export function cutOut(page, corners, { width, stride, target }) {
  const wholeWidth = lineWidth(corners);
  const [origin, right, , below] = asWritten(corners);
  const { height } = measure([origin, right, undefined, below]);
  // Of text that is made smaller, each pixel is an average of several.
  const samples = Math.max(1, Math.round(height / LINE_HEIGHT));
  for (let row = 0; row < LINE_HEIGHT; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = target.subarray(row * stride + column * 3);
      const sum = [0, 0, 0];
      for (let sample = 0; sample < samples * samples; sample++) {
        const across = (column + ((sample % samples) + 0.5) / samples) / wholeWidth;
        const down = (row + (Math.floor(sample / samples) + 0.5) / samples) / LINE_HEIGHT;
        const x = origin[0] + across * (right[0] - origin[0]) + down * (below[0] - origin[0]);
        const y = origin[1] + across * (right[1] - origin[1]) + down * (below[1] - origin[1]);
        addPixel(page, [x - 0.5, y - 0.5], sum);
      }
      for (let channel = 0; channel < 3; channel++) {
        pixel[channel] = Math.round(sum[channel] / (samples * samples));
      }
    }
  }
}

/** Clockwise from where the text begins; text from top to bottom is laid on its side. */
function asWritten(corners) {
  const { width, height } = measure(corners);
  if (height < VERTICAL_RATIO * width) return corners;
  const [topLeft, topRight, bottomRight, bottomLeft] = corners;
  return [topRight, bottomRight, bottomLeft, topLeft];
}

function measure([origin, right, , below]) {
  return {
    width: Math.hypot(right[0] - origin[0], right[1] - origin[1]),
    height: Math.max(1e-6, Math.hypot(below[0] - origin[0], below[1] - origin[1])),
  };
}

/** Between pixels, what is nearer counts more; outside the page, its border goes on. */
function addPixel({ width, height, data }, [x, y], sum) {
  const left = clamp(Math.floor(x), width);
  const top = clamp(Math.floor(y), height);
  const next = [clamp(Math.floor(x) + 1, width), clamp(Math.floor(y) + 1, height)];
  const [right, down] = [x - Math.floor(x), y - Math.floor(y)];
  for (let channel = 0; channel < 3; channel++) {
    const at = (column, row) => data[(row * width + column) * 3 + channel];
    const upper = at(left, top) * (1 - right) + at(next[0], top) * right;
    const lower = at(left, next[1]) * (1 - right) + at(next[0], next[1]) * right;
    sum[channel] += upper * (1 - down) + lower * down;
  }
}

function clamp(index, length) {
  return Math.min(length - 1, Math.max(0, index));
}
