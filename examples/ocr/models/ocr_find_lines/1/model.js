/** Finds the lines of text in the detector's map, and cuts them out of the page. */

import { cutOut, LINE_HEIGHT, lineWidth } from './cut-out.js';
import { findRegions } from './find-regions.js';
import { smallestRectangle } from './smallest-rectangle.js';

/** Pixels above this are text, */
const PIXEL_THRESHOLD = 0.3;
/** and rectangles whose pixels are above this on average. */
const RECTANGLE_THRESHOLD = 0.5;
/** The map shows the core of a line; the line itself is larger by this ratio of area to outline. */
const GROWTH = 1.6;
/** Then, still, it begins and ends a little late: so much of its height. */
const END_MARGIN = 0.2;
/** Of a rectangle in the map, in pixels; before it grows. */
const MIN_SIDE = 3;
/** Lines times the width of the widest: what recognition needs memory for, 3 kB for each. */
const MAX_TOTAL_WIDTH = 120_000;
const ANGLE_WIDTH = 192;

/** What follows cannot run on an empty batch: a page without text has one line with nothing in it. */
const EMPTY_LINE = {
  outputs: {
    boxes: { shape: [1, 4, 2], data: new Float32Array(8) },
    lines: { shape: [1, LINE_HEIGHT, 1, 3], data: new Uint8Array(LINE_HEIGHT * 3) },
    widths: { shape: [1], data: [0] },
    angle_input: {
      shape: [1, 3, LINE_HEIGHT, ANGLE_WIDTH],
      data: new Float32Array(3 * LINE_HEIGHT * ANGLE_WIDTH),
    },
  },
};

export function execute(requests) {
  return requests.map(({ inputs }) => {
    const page = toPage(inputs.page);
    const map = toMap(inputs.map);
    const rectangles = inReadingOrder(findLines(map, page));
    if (rectangles.length === 0) return EMPTY_LINE;
    const widths = rectangles.map(lineWidth);
    const widest = widestOf(widths);
    if (widest * widths.length > MAX_TOTAL_WIDTH) return tooMuchText(widths.length, widest);
    const [scaleX, scaleY] = inputs.page_scale.data;
    const corners = rectangles.flatMap((points) =>
      points.map(([x, y]) => [x * scaleX, y * scaleY]),
    );
    return {
      outputs: {
        boxes: { shape: [rectangles.length, 4, 2], data: corners.flat() },
        lines: cutLines(page, rectangles, widths),
        widths: { shape: [widths.length], data: widths },
        angle_input: anglePlanes(page, rectangles),
      },
    };
  });
}

function widestOf(widths) {
  return Math.max(1, ...widths);
}

function tooMuchText(count, widest) {
  const message = `the page has too much text: ${count} lines, up to ${widest} pixels wide`;
  return Object.assign(new Error(message), { code: 'INVALID_ARG' });
}

function toPage({ shape: [height, width], data }) {
  return { height, width, data };
}

function toMap({ shape, data }) {
  return { height: shape[2], width: shape[3], data };
}

/** The four corners of each line in the page, clockwise from the upper left one. */
function findLines(map, page) {
  return findRegions(map, PIXEL_THRESHOLD)
    .map(smallestRectangle)
    .filter(({ width, height }) => Math.min(width, height) >= MIN_SIDE)
    .filter((rectangle) => averageWithin(map, rectangle) >= RECTANGLE_THRESHOLD)
    .map((rectangle) => cornersInPage(grow(rectangle), map, page));
}

function averageWithin(map, rectangle) {
  const { center, axis, width, height } = rectangle;
  const reach = Math.hypot(width, height) / 2;
  const from = (middle) => Math.max(0, Math.floor(middle - reach));
  let [sum, count] = [0, 0];
  for (let y = from(center[1]); y < Math.min(map.height, center[1] + reach); y++) {
    for (let x = from(center[0]); x < Math.min(map.width, center[0] + reach); x++) {
      const [dx, dy] = [x + 0.5 - center[0], y + 0.5 - center[1]];
      const along = Math.abs(dx * axis[0] + dy * axis[1]);
      const across = Math.abs(dy * axis[0] - dx * axis[1]);
      if (along > width / 2 || across > height / 2) continue;
      sum += map.data[y * map.width + x];
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

function grow(rectangle) {
  const { width, height } = rectangle;
  const margin = (width * height * GROWTH) / (2 * (width + height));
  const grown = { ...rectangle, width: width + 2 * margin, height: height + 2 * margin };
  const ends = 2 * END_MARGIN * Math.min(grown.width, grown.height);
  if (grown.width > grown.height) grown.width += ends;
  else grown.height += ends;
  return grown;
}

function cornersInPage({ center, axis, width, height }, map, page) {
  const corners = [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([along, across]) => {
    const [dx, dy] = [(along * width) / 2, (across * height) / 2];
    const x = center[0] + dx * axis[0] - dy * axis[1];
    const y = center[1] + dx * axis[1] + dy * axis[0];
    return [(x * page.width) / map.width, (y * page.height) / map.height];
  });
  const [left, right] = halves(corners, 0);
  const [[topLeft, bottomLeft], [topRight, bottomRight]] = [left, right].map((pair) =>
    pair.sort((a, b) => a[1] - b[1]),
  );
  return [topLeft, topRight, bottomRight, bottomLeft];
}

function halves(points, coordinate) {
  const sorted = [...points].sort((a, b) => a[coordinate] - b[coordinate]);
  return [sorted.slice(0, 2), sorted.slice(2)];
}

/** From top to bottom; what stands side by side, from left to right. */
function inReadingOrder(rectangles) {
  const sorted = [...rectangles].sort((a, b) => a[0][1] - b[0][1]);
  for (let end = 1; end < sorted.length; end++) {
    for (let at = end; at > 0 && isLeftOf(sorted[at], sorted[at - 1]); at--) {
      [sorted[at - 1], sorted[at]] = [sorted[at], sorted[at - 1]];
    }
  }
  return sorted;
}

function isLeftOf(a, b) {
  const height = Math.min(a[3][1] - a[0][1], b[3][1] - b[0][1]);
  return Math.abs(a[0][1] - b[0][1]) < height / 2 && a[0][0] < b[0][0];
}

/** Lines of one height, next to each other in a tensor that is as wide as the widest. */
function cutLines(page, rectangles, widths) {
  const widest = widestOf(widths);
  const data = new Uint8Array(rectangles.length * LINE_HEIGHT * widest * 3);
  for (const [index, corners] of rectangles.entries()) {
    const target = data.subarray(index * LINE_HEIGHT * widest * 3);
    cutOut(page, corners, { width: widths[index], stride: widest * 3, target });
  }
  return { shape: [rectangles.length, LINE_HEIGHT, widest, 3], data };
}

/** The beginning of each line as the angle model expects it: it was trained on short ones. */
function anglePlanes(page, rectangles) {
  const count = LINE_HEIGHT * ANGLE_WIDTH;
  const data = new Float32Array(rectangles.length * 3 * count);
  for (const [index, corners] of rectangles.entries()) {
    const width = Math.min(ANGLE_WIDTH, lineWidth(corners));
    const line = new Uint8Array(LINE_HEIGHT * width * 3);
    cutOut(page, corners, { width, stride: width * 3, target: line });
    const planes = data.subarray(index * 3 * count);
    for (let at = 0; at < line.length; at++) {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      const place = Math.floor(pixel / width) * ANGLE_WIDTH + (pixel % width);
      planes[(2 - channel) * count + place] = line[at] / 127.5 - 1;
    }
  }
  return { shape: [rectangles.length, 3, LINE_HEIGHT, ANGLE_WIDTH], data };
}
