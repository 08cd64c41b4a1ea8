/**
 * The connected regions of a map above a threshold, each as the corners of the leftmost and rightmost
 * pixels of its rows: no other pixel can be a corner of what surrounds it.
 */
export function findRegions({ width, height, data }, threshold) {
  const seen = new Uint8Array(width * height);
  const regions = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 0 && data[start] > threshold) {
      regions.push(outline(flood({ width, height, data, seen }, start, threshold)));
    }
  }
  return regions;
}

/** Marks a region as seen, and returns the first and the last pixel of each of its rows. */
function flood({ width, height, data, seen }, start, threshold) {
  const rows = new Map();
  const waiting = [start];
  seen[start] = 1;
  while (waiting.length > 0) {
    const pixel = waiting.pop();
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const row = rows.get(y);
    if (!row) rows.set(y, [x, x]);
    else if (x < row[0]) row[0] = x;
    else if (x > row[1]) row[1] = x;
    for (let nextY = Math.max(0, y - 1); nextY <= Math.min(height - 1, y + 1); nextY++) {
      for (let nextX = Math.max(0, x - 1); nextX <= Math.min(width - 1, x + 1); nextX++) {
        const next = nextY * width + nextX;
        if (seen[next] !== 0 || !(data[next] > threshold)) continue;
        seen[next] = 1;
        waiting.push(next);
      }
    }
  }
  return rows;
}

function outline(rows) {
  return [...rows].flatMap(([y, [left, right]]) => [
    [left, y],
    [right + 1, y],
    [left, y + 1],
    [right + 1, y + 1],
  ]);
}
