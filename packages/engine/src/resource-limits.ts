import { InferError, type RateLimiterConfig } from '@nereid/core';

/** Copies of a resource that a server has, as `--rate-limit-resource` says. */
export interface RateLimitResource {
  readonly name: string;
  readonly count: number;
  /** Undefined: so many on each device. */
  readonly deviceId: number | undefined;
}

/** What an instance takes of one resource while it executes. */
export interface ResourceNeed {
  readonly name: string;
  readonly place: number | 'global';
  /** Tells the same resource in different places apart. */
  readonly key: string;
  readonly count: number;
}

/** The needs of an instance on a device. A resource named twice counts as it was named last. */
export function resourceNeeds(
  config: RateLimiterConfig | undefined,
  deviceId: number,
): readonly ResourceNeed[] {
  const needs = new Map<string, ResourceNeed>();
  for (const { name, global, count } of config?.resources ?? []) {
    const place = global ? 'global' : deviceId;
    const key = `${place}:${name}`;
    needs.set(key, { name, place, key, count });
  }
  return [...needs.values()];
}

/**
 * How many of each resource there are, by key: as given, or without anything given the most that an
 * instance needs. Throws an InferError with Triton's text (spec §4.5) when an instance could never
 * execute, or when a resource belongs to devices for one model and to all of them for another.
 */
export function resourceLimits(
  instances: Iterable<readonly ResourceNeed[]>,
  given: readonly RateLimitResource[],
): ReadonlyMap<string, number> {
  const most = new Map<string, ResourceNeed>();
  for (const needs of instances) {
    for (const need of needs) {
      if (need.count >= (most.get(need.key)?.count ?? 0)) most.set(need.key, need);
    }
  }
  const limits = new Map<string, number>();
  for (const need of most.values()) {
    limits.set(need.key, given.length === 0 ? need.count : givenCount(need, given));
  }
  checkPlaces([...most.values()]);
  return limits;
}

/** A global resource takes what is given for any device; one that is not given does not exist. */
function givenCount(need: ResourceNeed, given: readonly RateLimitResource[]): number {
  const counts = given
    .filter(({ name, deviceId }) => {
      if (name !== need.name) return false;
      return need.place === 'global' || deviceId === undefined || deviceId === need.place;
    })
    .map(({ count }) => count);
  const limit = Math.max(0, ...counts);
  if (limit >= need.count) return limit;
  throw new InferError(
    'INVALID_ARG',
    `Resource count for "${need.name}" is limited to ${limit} which will prevent scheduling of ` +
      `one or more model instances, the minimum required count is ${need.count}`,
  );
}

function checkPlaces(needs: readonly ResourceNeed[]): void {
  const global = new Set(needs.filter(({ place }) => place === 'global').map(({ name }) => name));
  const both = needs.find(({ name, place }) => place !== 'global' && global.has(name));
  if (!both) return;
  throw new InferError(
    'INVALID_ARG',
    `Resource "${both.name}" is present as both global and device-specific resource in the model ` +
      'configuration.',
  );
}
