import type { ModelConfig, ModelInstanceGroup } from '@nereid/core';
import { configError } from './config-error.js';

/** More would only exhaust the machine; a configuration may come with a request to load it. */
const MAX_INSTANCE_COUNT = 1024;

/**
 * Checks kinds, GPUs, profiles and counts; no GPU is supported here (spec §3.5). An ensemble has
 * no groups.
 */
export function validateInstanceGroups(config: ModelConfig): void {
  if (config.ensembleScheduling) return;
  if (config.instanceGroup.length === 0) {
    throw configError(`must specify one or more 'instance group's for ${config.name}`);
  }
  for (const group of config.instanceGroup) {
    const problem = kindProblem(group) ?? profileProblem(group, config.platform);
    if (problem !== undefined) {
      throw configError(`instance group ${group.name} of model ${config.name} ${problem}`);
    }
  }
  const count = config.instanceGroup.reduce((sum, group) => sum + group.count, 0);
  if (count <= MAX_INSTANCE_COUNT) return;
  throw configError(
    `model ${config.name} asks for ${count} instances, more than ${MAX_INSTANCE_COUNT}`,
  );
}

function kindProblem({ kind, gpus }: ModelInstanceGroup): string | undefined {
  switch (kind) {
    case 'KIND_GPU':
      return 'has kind KIND_GPU but server does not support GPUs';
    case 'KIND_AUTO':
      return 'has unexpected kind KIND_AUTO';
    case 'KIND_CPU':
    case 'KIND_MODEL':
      return gpus.length > 0 ? `has kind ${kind} but specifies one or more GPUs` : undefined;
  }
}

/** Profiles are TensorRT's, by number. */
function profileProblem({ profile }: ModelInstanceGroup, platform: string): string | undefined {
  if (profile.length === 0) return undefined;
  if (platform !== 'tensorrt_plan') {
    // The missing space before "specifies" is Triton's.
    return (
      `and platform ${platform}specifies profile field which is only supported for ` +
      'TensorRT models'
    );
  }
  const invalid = profile.find((index) => !/^[0-9]+$/.test(index));
  if (invalid === undefined) return undefined;
  return (
    `and platform ${platform} specifies invalid profile ${invalid}. The field should contain the ` +
    'string representation of a non-negative integer.'
  );
}
