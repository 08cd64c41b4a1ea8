import { InferError, type RequestedOutput, type Tensor } from '@nereid/core';
import { classify } from './classification.js';
import { formatShape } from './request-errors.js';
import { type RuleTable, reshape, ruleOf, type TensorRule } from './request-rules.js';
import { isSoundTensor } from './sound-tensor.js';

/** What a model's configuration says of its outputs. */
export interface OutputRules {
  readonly table: RuleTable<TensorRule>;
  /** By output; outputs without a label file are missing. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

const NO_LABELS: readonly string[] = [];

/**
 * Makes of a backend's outputs what the client asked for: drops what it did not ask for or what the
 * configuration does not know, takes reshapes back, and classifies. Returns the same array when
 * there is nothing to change. Throws an InferError for an output whose data does not fit its shape.
 */
export function clientOutputs(
  outputs: readonly Tensor[],
  requested: readonly RequestedOutput[],
  rules: OutputRules,
): readonly Tensor[] {
  let changed: Tensor[] | undefined;
  for (let index = 0; index < outputs.length; index += 1) {
    const output = outputs[index];
    if (!output) continue;
    const rule = ruleOf(rules.table, output.name, index);
    const wanted = rule && wantedOutput(output.name, requested);
    const shown = rule && wanted ? present(output, wanted, { rule, rules }) : undefined;
    if (!changed && shown === output) continue;
    changed ??= outputs.slice(0, index);
    if (shown) changed.push(shown);
  }
  return changed ?? outputs;
}

const ANY_OUTPUT: RequestedOutput = { name: '', classificationCount: 0 };

/** Of an output that is asked for twice, the first wish counts. */
function wantedOutput(
  name: string,
  requested: readonly RequestedOutput[],
): RequestedOutput | undefined {
  if (requested.length === 0) return ANY_OUTPUT;
  return requested.find((output) => output.name === name);
}

function present(
  output: Tensor,
  wanted: RequestedOutput,
  { rule, rules }: { readonly rule: TensorRule; readonly rules: OutputRules },
): Tensor {
  checkSound(output, rule);
  const shown = rule.reshape ? takeReshapeBack(output, rule, rule.reshape) : output;
  if (wanted.classificationCount === 0) return shown;
  return classify(shown, {
    classCount: wanted.classificationCount,
    batching: rule.batching,
    labels: rules.labels.get(rule.name) ?? NO_LABELS,
  });
}

/** Without this, a faulty backend would make the protocol layers read beyond a tensor's end. */
function checkSound(output: Tensor, rule: TensorRule): void {
  if (isSoundTensor(output)) return;
  throw new InferError(
    'INTERNAL',
    `model '${rule.modelName}' returned output '${output.name}' of type ${output.datatype} and ` +
      `shape ${formatShape(output.shape)} with data that does not fit: ${output.data.byteLength} ` +
      'bytes',
  );
}

function takeReshapeBack(output: Tensor, rule: TensorRule, from: readonly number[]): Tensor {
  const { batchDimensions, dims } = rule;
  // A model may give another rank than its configuration says; then there is nothing to map.
  if (output.shape.length !== from.length + batchDimensions) return output;
  return { ...output, shape: reshape(output.shape, batchDimensions, { from, to: dims }) };
}
