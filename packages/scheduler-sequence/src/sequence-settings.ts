import type { ModelConfig, ModelInputConfig } from '@nereid/core';
import { inputEquality } from '@nereid/scheduler-kit';
import type { SlotRules } from './choose-slots.js';
import type { OldestSettings } from './oldest-batcher.js';

/** What a normalized configuration asks of the sequence batcher. */
export interface SequenceSettings {
  /** Sequences that one instance takes in hand at a time. */
  readonly slotCount: number;
  readonly maxIdleUs: number;
  /** The model may ask for more executions of a request, each request being a sequence. */
  readonly iterative: boolean;
  /** One of the two strategies; the direct one is also the one without a choice. */
  readonly oldest: OldestSettings | undefined;
  readonly direct: SlotRules;
}

export function sequenceSettings(config: ModelConfig): SequenceSettings {
  const { direct, oldest, maxSequenceIdleMicroseconds, iterativeSequence } =
    config.sequenceBatching ?? {};
  const maxBatchSize = Math.max(1, config.maxBatchSize);
  const canShare = inputEquality(withStateInputs(config));
  return {
    slotCount: oldest?.maxCandidateSequences || maxBatchSize,
    maxIdleUs: maxSequenceIdleMicroseconds ?? 0,
    iterative: iterativeSequence ?? false,
    oldest: oldest && {
      rules: {
        maxBatchSize,
        preferredSizes: oldest.preferredBatchSize.toSorted((a, b) => a - b),
        maxDelayNs: oldest.maxQueueDelayMicroseconds * 1000,
        canShare,
      },
      preserveOrdering: oldest.preserveOrdering,
    },
    direct: {
      minimumUtilization: direct?.minimumSlotUtilization ?? 0,
      maxDelayNs: (direct?.maxQueueDelayMicroseconds ?? 0) * 1000,
      canShare,
    },
  };
}

/** States are inputs, too: those of any size must be of one size in a batch. */
function withStateInputs(config: ModelConfig): ModelConfig {
  const states = (config.sequenceBatching?.state ?? []).map(
    ({ inputName, dataType, dims }): ModelInputConfig => ({
      name: inputName,
      dataType,
      dims,
      format: 'FORMAT_NONE',
      reshape: undefined,
      isShapeTensor: false,
      allowRaggedBatch: false,
      optional: false,
      isNonLinearFormatIo: false,
    }),
  );
  return { ...config, input: [...config.input, ...states] };
}
