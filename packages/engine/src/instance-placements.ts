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

/** The processor cores of a server. */
export interface ServerCores {
  readonly coreCount: number;
  /** By host policy, the numbers of the cores to which its instances are bound. */
  readonly hostPolicies: ReadonlyMap<string, readonly number[]>;
}

/**
 * The instances that a normalized configuration asks for: `count` copies of each group, and on each
 * of its GPUs if it names some. Those of a host policy share its cores, all others share all cores.
 */
export function planInstances(config: ModelConfig, cores: ServerCores): readonly PlannedInstance[] {
  const places = config.instanceGroup.flatMap((group) =>
    deviceIds(group).flatMap((deviceId) =>
      Array.from({ length: group.count }, (_, copy) => placeOf(group, { copy, deviceId })),
    ),
  );
  return places.map(({ group, ...place }) => {
    const cpuCores = cores.hostPolicies.get(place.hostPolicy);
    const sharing = places.filter((other) => {
      return cores.hostPolicies.get(other.hostPolicy) === cpuCores;
    });
    const share = (cpuCores?.length ?? cores.coreCount) / sharing.length;
    const threadCount = Math.max(1, Math.floor(share));
    return {
      placement: { ...place, threadCount, ...(cpuCores ? { cpuCores } : {}) },
      passive: group.passive,
      rateLimiter: group.rateLimiter,
    };
  });
}

/** All of a placement that does not depend on how many share the cores. */
function placeOf(
  group: ModelInstanceGroup,
  { copy, deviceId }: { readonly copy: number; readonly deviceId: number },
) {
  const kind: InstancePlacement['kind'] = KIND[group.kind];
  return {
    group,
    name: `${group.name}_${copy}`,
    kind,
    deviceId,
    profiles: group.profile,
    hostPolicy: group.hostPolicy || defaultHostPolicy(kind, deviceId),
  };
}

/** As Triton names them, so that its flags hold without a word in the configuration. */
function defaultHostPolicy(kind: InstancePlacement['kind'], deviceId: number): string {
  return kind === 'GPU' ? `gpu_${deviceId}` : kind.toLowerCase();
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
