import type {
  ConfigDataType,
  ModelConfig,
  ModelSequenceBatching,
  SequenceControl,
} from '@nereid/core';
import { configError } from './config-error.js';

type ControlKind = SequenceControl['kind'];

const BOOLEAN_CONTROLS: readonly ControlKind[] = [
  'CONTROL_SEQUENCE_START',
  'CONTROL_SEQUENCE_END',
  'CONTROL_SEQUENCE_READY',
];

const CORRELATION_ID_TYPES: readonly ConfigDataType[] = [
  'TYPE_UINT64',
  'TYPE_INT64',
  'TYPE_UINT32',
  'TYPE_INT32',
  'TYPE_STRING',
];

/** Each slot takes memory, used or not; a configuration may come with a request to load it. */
const MAX_SLOT_COUNT = 262_144;

/** Checks controls, strategy and the response cache of a model with sequences (spec §3.5). */
export function validateSequenceBatching(config: ModelConfig): void {
  const { name, sequenceBatching: batching } = config;
  if (!batching) return;
  if (config.responseCache?.enable) {
    throw configError(
      `Response Cache does not currently support model ${name} with sequence batching ` +
        'scheduler. Please disable the response cache.',
    );
  }
  validateControlNames(batching, name);
  for (const kind of BOOLEAN_CONTROLS) {
    const control = onlyControl(batching, kind, name);
    if (control) validateBooleanControl(control, name);
  }
  const correlationId = onlyControl(batching, 'CONTROL_SEQUENCE_CORRID', name);
  if (correlationId) validateCorrelationId(correlationId, name);
  validateStrategy(batching, config);
  validateSlotCount(batching, config);
}

function validateSlotCount({ oldest }: ModelSequenceBatching, config: ModelConfig): void {
  const slots = oldest?.maxCandidateSequences || Math.max(1, config.maxBatchSize);
  const count = config.instanceGroup.reduce((sum, group) => sum + slots * group.count, 0);
  if (count <= MAX_SLOT_COUNT) return;
  throw configError(
    `model ${config.name} could hold ${count} sequences at a time, more than ${MAX_SLOT_COUNT}; ` +
      'its instances, and max_candidate_sequences or else max_batch_size, decide on that',
  );
}

function validateControlNames({ controlInput }: ModelSequenceBatching, modelName: string): void {
  const seen = new Set<string>();
  for (const { name } of controlInput) {
    if (name === '') {
      throw configError(`sequence batching control tensor must have a name for ${modelName}`);
    }
    if (seen.has(name)) {
      throw configError(
        `sequence batching control tensor '${name}' is specified for multiple control kinds ` +
          `for ${modelName}`,
      );
    }
    seen.add(name);
  }
}

/** The control of this kind, if there is one; two are refused. */
function onlyControl(
  { controlInput }: ModelSequenceBatching,
  kind: ControlKind,
  modelName: string,
): SequenceControl | undefined {
  const controls = controlInput.flatMap(({ control }) =>
    control.filter((one) => one.kind === kind),
  );
  if (controls.length > 1) {
    throw configError(`sequence batching specifies multiple ${kind} tensors for ${modelName}`);
  }
  return controls[0];
}

function valueLists(control: SequenceControl) {
  return [
    { field: 'int32_false_true', values: control.int32FalseTrue },
    { field: 'fp32_false_true', values: control.fp32FalseTrue },
    { field: 'bool_false_true', values: control.boolFalseTrue },
  ].filter(({ values }) => values.length > 0);
}

function validateBooleanControl(control: SequenceControl, modelName: string): void {
  const owner = `for ${control.kind} for ${modelName}`;
  const [list, second] = valueLists(control);
  if (!list) {
    throw configError(
      "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or " +
        `'bool_false_true' ${owner}`,
    );
  }
  if (second) {
    throw configError(
      "sequence batching specifies more than one from 'int32_false_true', 'fp32_false_true' " +
        `and 'bool_false_true' ${owner}`,
    );
  }
  if (list.values.length !== 2) {
    throw configError(
      `sequence batching control '${list.field}' must have exactly 2 entries ${owner}`,
    );
  }
}

function validateCorrelationId(control: SequenceControl, modelName: string): void {
  if (valueLists(control).length > 0) {
    throw configError(
      "sequence batching must not specify either 'int32_false_true', 'fp32_false_true' or " +
        `'bool_false_true' for ${control.kind} for ${modelName}`,
    );
  }
  if (!CORRELATION_ID_TYPES.includes(control.dataType)) {
    throw configError(
      `unexpected data type for control ${control.kind} for ${modelName}. Allowed data types are ` +
        'TYPE_UINT64, TYPE_INT64, TYPE_UINT32, TYPE_INT32 and TYPE_STRING',
    );
  }
}

function validateStrategy({ oldest, direct }: ModelSequenceBatching, config: ModelConfig): void {
  for (const size of oldest?.preferredBatchSize ?? []) {
    if (size <= 0) {
      throw configError(
        `sequence batching preferred batch size must be positive for ${config.name}`,
      );
    }
    if (size > config.maxBatchSize) {
      throw configError(
        `sequence batching preferred batch size must be <= max batch size for ${config.name}`,
      );
    }
  }
  const utilization = direct?.minimumSlotUtilization ?? 0;
  // Zero is accepted although the text says otherwise: it is what an unwritten field holds.
  if (utilization < 0 || utilization > 1) {
    throw configError(
      `sequence batching minimum slot utilization must be in range (0.0, 1.0] for ${config.name}`,
    );
  }
}
