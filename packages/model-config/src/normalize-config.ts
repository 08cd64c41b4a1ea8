import type {
  ModelConfig,
  ModelInstanceGroup,
  ModelOptimizationPolicy,
  ModelVersionPolicy,
} from '@nereid/core';
import { MessageBuilder } from './message-builder.js';
import { INSTANCE_GROUP, OPTIMIZATION } from './placement-schema.js';

export interface NormalizeOptions {
  /** Instances of a KIND_CPU group without a count: the backend's default, or 1. */
  readonly defaultInstanceCount: number;
}

const DEFAULT_SEQUENCE_IDLE_US = 1_000_000;

/**
 * Resolves what may be left unsaid: version policy, batch sizes, instance groups (spec §3.3).
 * Applying it again changes nothing.
 */
export function normalizeConfig(config: ModelConfig, options: NormalizeOptions): ModelConfig {
  const common = {
    ...config,
    versionPolicy: resolveVersionPolicy(config.versionPolicy),
    dynamicBatching: config.dynamicBatching && {
      ...config.dynamicBatching,
      preferredBatchSize: resolvePreferred(config.dynamicBatching.preferredBatchSize, config),
    },
    sequenceBatching: resolveSequenceBatching(config),
  };
  if (config.ensembleScheduling) {
    // An ensemble always says whether it is decoupled, and is so only through the models it runs.
    return {
      ...common,
      modelTransactionPolicy: config.modelTransactionPolicy ?? { decoupled: false },
    };
  }
  return {
    ...common,
    optimization: resolveOptimization(config.optimization),
    instanceGroup: resolveInstanceGroups(config, options),
  };
}

/** A policy that chooses nothing is the default one. */
function resolveVersionPolicy(policy: ModelVersionPolicy | undefined): ModelVersionPolicy {
  if (policy?.latest || policy?.all || policy?.specific) return policy;
  return { latest: { numVersions: 1 }, all: undefined, specific: undefined };
}

function resolvePreferred(
  preferredBatchSize: readonly number[],
  { maxBatchSize }: ModelConfig,
): readonly number[] {
  return preferredBatchSize.length === 0 && maxBatchSize > 0 ? [maxBatchSize] : preferredBatchSize;
}

function resolveSequenceBatching(config: ModelConfig): ModelConfig['sequenceBatching'] {
  const batching = config.sequenceBatching;
  if (!batching) return undefined;
  return {
    ...batching,
    maxSequenceIdleMicroseconds: batching.maxSequenceIdleMicroseconds || DEFAULT_SEQUENCE_IDLE_US,
    oldest: batching.oldest && {
      ...batching.oldest,
      preferredBatchSize: resolvePreferred(batching.oldest.preferredBatchSize, config),
    },
  };
}

function resolveOptimization(policy: ModelOptimizationPolicy | undefined): ModelOptimizationPolicy {
  const written = policy ?? new MessageBuilder(OPTIMIZATION).finish();
  return {
    ...written,
    inputPinnedMemory: written.inputPinnedMemory ?? { enable: true },
    outputPinnedMemory: written.outputPinnedMemory ?? { enable: true },
  };
}

/** Without a group there is one, which has the model's own name. */
function resolveInstanceGroups(
  config: ModelConfig,
  options: NormalizeOptions,
): readonly ModelInstanceGroup[] {
  const written =
    config.instanceGroup.length > 0
      ? config.instanceGroup
      : [{ ...new MessageBuilder(INSTANCE_GROUP).finish(), name: config.name }];
  return written.map((group, index) => ({
    ...resolvePlacement(group, options),
    name: group.name || `${config.name}_${index}`,
  }));
}

/** No GPU is supported here, so that a group which leaves the choice runs on the CPU. */
function resolvePlacement(
  group: ModelInstanceGroup,
  { defaultInstanceCount }: NormalizeOptions,
): ModelInstanceGroup {
  const kind = group.kind === 'KIND_AUTO' ? 'KIND_CPU' : group.kind;
  const defaultCount = kind === 'KIND_CPU' ? defaultInstanceCount : 1;
  return { ...group, kind, count: group.count < 1 ? defaultCount : group.count };
}
