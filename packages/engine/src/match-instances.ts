import type { PlannedInstance } from './instance-placements.js';

interface Match<T> {
  /** Those that do what a plan asks for. */
  readonly kept: readonly T[];
  readonly gone: readonly T[];
  /** The plans that none of them does. */
  readonly missing: readonly PlannedInstance[];
}

/**
 * Compares instances with what a new configuration plans. Equal instances are exchangeable: name
 * and number of threads do not count, as with Triton, so that more or fewer of the same leave the
 * others alone.
 */
export function matchInstances<T extends { readonly plan: PlannedInstance }>(
  instances: readonly T[],
  plans: readonly PlannedInstance[],
): Match<T> {
  const unused = new Map<string, T[]>();
  for (const instance of instances) {
    const signature = signatureOf(instance.plan);
    unused.set(signature, [...(unused.get(signature) ?? []), instance]);
  }
  const missing = plans.filter((plan) => !unused.get(signatureOf(plan))?.shift());
  const gone = [...unused.values()].flat();
  return { kept: instances.filter((instance) => !gone.includes(instance)), gone, missing };
}

function signatureOf({ placement, passive, rateLimiter }: PlannedInstance): string {
  return JSON.stringify([{ ...placement, name: '', threadCount: 0 }, passive, rateLimiter]);
}
