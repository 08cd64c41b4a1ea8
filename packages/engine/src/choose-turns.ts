import type { ResourceNeed } from './resource-limits.js';

/** An instance that has a batch and waits for its resources. */
export interface TurnApplicant {
  /** Executions so far, times the priority of the instance. */
  readonly scaledCount: number;
  readonly needs: readonly ResourceNeed[];
}

/**
 * Decides who may execute now, the lowest scaled count first, then first come first served (spec
 * §4.5). Whoever cannot yet keeps what it needs from those behind it, so that an instance that
 * needs much is not passed over for ever; resources it does not need are still given out.
 *
 * `waiting` is in the order of arrival, `free` tells how many of a resource nobody has taken.
 */
export function chooseTurns<T extends TurnApplicant>(
  waiting: readonly T[],
  free: (key: string) => number,
): readonly T[] {
  const left = new Map<string, number>();
  return waiting
    .toSorted((a, b) => a.scaledCount - b.scaledCount)
    .filter(({ needs }) => {
      let fits = true;
      for (const { key, count } of needs) {
        const rest = (left.get(key) ?? free(key)) - count;
        left.set(key, rest);
        if (rest < 0) fits = false;
      }
      return fits;
    });
}
