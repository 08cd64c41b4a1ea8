type Values = ArrayLike<number> | ArrayLike<bigint>;

/** Up to here, keeping the best so far in order beats sorting everything. */
const SMALL_COUNT = 64;

/**
 * The indices of the `count` largest values, largest first, equal ones in their order; NaN comes
 * last.
 */
export function topIndices(values: Values, count: number): readonly number[] {
  if (count > SMALL_COUNT) return sortedIndices(values).slice(0, count);
  const top: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const last = top.at(-1);
    if (top.length === count && last !== undefined && compare(values, index, last) >= 0) continue;
    if (top.length === count) top.pop();
    let position = top.length;
    while (position > 0 && compare(values, index, top[position - 1] ?? 0) < 0) position -= 1;
    top.splice(position, 0, index);
  }
  return top;
}

function sortedIndices(values: Values): number[] {
  const indices = Array.from({ length: values.length }, (_, index) => index);
  return indices.sort((a, b) => compare(values, a, b));
}

/** Negative when the value at `a` belongs before the one at `b`. */
function compare(values: Values, a: number, b: number): number {
  const x = values[a] ?? Number.NaN;
  const y = values[b] ?? Number.NaN;
  if (x > y) return -1;
  if (x < y) return 1;
  // Neither larger nor smaller: equal, or at least one is not a number.
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}
