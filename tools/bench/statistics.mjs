/** Figures of several rounds in one. */

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of the rounds with the lowest and the highest. */
export function spread(numbers) {
  return { median: median(numbers), low: Math.min(...numbers), high: Math.max(...numbers) };
}
