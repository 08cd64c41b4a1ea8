/**
 * The rectangle of the smallest area around points, which may be turned: `axis` is the direction of
 * its `width`. One of its sides lies on a side of the points' convex hull.
 */
export function smallestRectangle(points) {
  const hull = convexHull(points);
  return hull
    .map((point, index) => rectangleAlong(hull, point, hull[(index + 1) % hull.length]))
    .reduce((best, next) => (next.width * next.height < best.width * best.height ? next : best));
}

function rectangleAlong(hull, from, to) {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
  const axis = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
  const along = hull.map(([x, y]) => x * axis[0] + y * axis[1]);
  const across = hull.map(([x, y]) => y * axis[0] - x * axis[1]);
  const [start, end] = [Math.min(...along), Math.max(...along)];
  const [top, bottom] = [Math.min(...across), Math.max(...across)];
  const [middle, level] = [(start + end) / 2, (top + bottom) / 2];
  return {
    center: [middle * axis[0] - level * axis[1], middle * axis[1] + level * axis[0]],
    axis,
    width: end - start,
    height: bottom - top,
  };
}

/** In one direction around, without points in between. */
function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return [...chain(sorted), ...chain(sorted.reverse())];
}

/** One half of the hull, without its last point, which begins the other one. */
function chain(sorted) {
  const result = [];
  for (const point of sorted) {
    while (result.length > 1 && !turnsLeft(result.at(-2), result.at(-1), point)) result.pop();
    result.push(point);
  }
  return result.slice(0, -1);
}

function turnsLeft(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) > 0;
}
