import type {
  InstancePlacement,
  ModelConfig,
  ModelInstanceGroup,
  RateLimiterConfig,
} from '@nereid/core';

export interface PlannedInstance {
  readonly placement: InstancePlacement;
  /** It is loaded, but gets no requests. */
  readonly passive: boolean;
  readonly rateLimiter: RateLimiterConfig | undefined;
}

/**
 * The instances that a normalized configuration asks for: `count` copies of each group, and on each
 * of its GPUs if it names some. Together they share the cores.
 */
export function planInstances(config: ModelConfig, coreCount: number): readonly PlannedInstance[] {
  const groups = config.instanceGroup.map((group) => ({ group, deviceIds: deviceIds(group) }));
  const total = groups.reduce(
    (sum, { group, deviceIds }) => sum + group.count * deviceIds.length,
    0,
  );
  const threadCount = Math.max(1, Math.floor(coreCount / Math.max(1, total)));
  return groups.flatMap(({ group, deviceIds }) =>
    deviceIds.flatMap((deviceId) =>
      Array.from({ length: group.count }, (_, copy) => ({
        placement: placementOf(group, { copy, deviceId, threadCount }),
        passive: group.passive,
        rateLimiter: group.rateLimiter,
      })),
    ),
  );
}

function placementOf(
  group: ModelInstanceGroup,
  place: { readonly copy: number; readonly deviceId: number; readonly threadCount: number },
): InstancePlacement {
  return {
    name: `${group.name}_${place.copy}`,
    kind: KIND[group.kind],
    deviceId: place.deviceId,
    threadCount: place.threadCount,
    profiles: group.profile,
    hostPolicy: group.hostPolicy,
  };
}

/** Normalization has resolved KIND_AUTO wherever there is a choice. */
const KIND = {
  KIND_AUTO: 'CPU',
  KIND_CPU: 'CPU',
  KIND_GPU: 'GPU',
  KIND_MODEL: 'MODEL',
} as const satisfies Record<ModelInstanceGroup['kind'], InstancePlacement['kind']>;

function deviceIds(group: ModelInstanceGroup): readonly number[] {
  return group.kind === 'KIND_GPU' && group.gpus.length > 0 ? group.gpus : [0];
}
