import type { ModelConfig, PendingRequest, Tensor } from '@nereid/core';

type Comparison = (first: PendingRequest, next: PendingRequest) => boolean;

interface ComparedInput {
  readonly name: string;
  /** Shape tensors steer the whole batch, so their values must be equal, too. */
  readonly byValue: boolean;
}

/**
 * Compiles what two requests of a model must have in common to share a batch: equal shapes of
 * inputs that have a dimension of any size, unless those may be ragged, and equal sets of inputs
 * where some are optional. Undefined when any two requests may.
 */
export function inputEquality(config: ModelConfig): Comparison | undefined {
  const compared = config.input
    .filter((input) => input.isShapeTensor || (input.dims.includes(-1) && !input.allowRaggedBatch))
    .map((input) => ({ name: input.name, byValue: input.isShapeTensor }));
  const checkPresence = config.input.some((input) => input.optional);
  if (compared.length === 0 && !checkPresence) return undefined;
  const batchDimensions = config.maxBatchSize > 0 ? 1 : 0;
  return (first, next) => {
    const a = first.request.inputs;
    const b = next.request.inputs;
    if (checkPresence && !haveEqualNames(a, b)) return false;
    return compared.every((input) => {
      const skipped = input.byValue ? 0 : batchDimensions;
      return areEqual(find(a, input), find(b, input), { input, skipped });
    });
  };
}

function haveEqualNames(a: readonly Tensor[], b: readonly Tensor[]): boolean {
  return a.length === b.length && a.every(({ name }) => b.some((tensor) => tensor.name === name));
}

function find(tensors: readonly Tensor[], { name }: ComparedInput): Tensor | undefined {
  return tensors.find((tensor) => tensor.name === name);
}

function areEqual(
  a: Tensor | undefined,
  b: Tensor | undefined,
  { input, skipped }: { readonly input: ComparedInput; readonly skipped: number },
): boolean {
  if (!a || !b) return a === b;
  if (a.shape.length !== b.shape.length) return false;
  for (let index = skipped; index < a.shape.length; index += 1) {
    if (a.shape[index] !== b.shape[index]) return false;
  }
  return !input.byValue || Buffer.compare(a.data, b.data) === 0;
}
