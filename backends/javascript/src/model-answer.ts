/** Checks what a model returns, and packs it for the way to the main thread. */

import { type PackedTensors, packTensors } from '@nereid/backend-kit';
import { ERROR_CODES, InferError, type Tensor, toInferError } from '@nereid/core';
import type { ModelAnswer, ModelOutput } from './model-api.js';
import type { OutputDescription, WireAnswer, WireError } from './model-protocol.js';
import { toTensor } from './tensor-arrays.js';

/** One answer with its tensors in place, not yet packed. */
type CheckedAnswer =
  | { readonly error: WireError }
  | {
      readonly error: undefined;
      readonly tensors: readonly Tensor[];
      readonly parameters: ModelAnswer['parameters'];
    };

/**
 * Checks one answer; whatever is wrong with it becomes its error, so that its neighbours are
 * untouched.
 */
export function checkAnswer(
  answer: unknown,
  requested: readonly string[],
  outputs: readonly OutputDescription[],
): CheckedAnswer {
  try {
    if (answer instanceof Error) return { error: toWireError(answer) };
    if (!isAnswer(answer)) {
      throw new InferError('INTERNAL', 'the model answered with neither outputs nor an error');
    }
    const tensors = namedOutputs(answer.outputs, outputs)
      .filter(([name]) => requested.length === 0 || requested.includes(name))
      .map(([name, output]) => toOutputTensor(name, output, outputs));
    return { error: undefined, tensors, parameters: answer.parameters };
  } catch (error) {
    return { error: toWireError(error) };
  }
}

/**
 * Packs the tensors of all answers into one buffer; the model may go on using the arrays it gave.
 */
export function packAnswers(answers: readonly CheckedAnswer[]): {
  readonly answers: readonly WireAnswer[];
  readonly buffer: ArrayBuffer;
} {
  const tensors = answers.flatMap((answer) => (answer.error ? [] : answer.tensors));
  const { buffer, slots }: PackedTensors = packTensors(tensors);
  let next = 0;
  const packed = answers.map((answer): WireAnswer => {
    if (answer.error) return answer;
    const start = next;
    next += answer.tensors.length;
    const parameters = answer.parameters && new Map(Object.entries(answer.parameters));
    return { error: undefined, slots: slots.slice(start, next), parameters };
  });
  return { answers: packed, buffer };
}

/** An error that a model gave or threw; a `code` that is not one of the contract counts as none. */
export function toWireError(error: unknown): WireError {
  const { code, message } = toInferError(error);
  const given = (error as { readonly code?: unknown } | undefined)?.code;
  return { code: ERROR_CODES.find((known) => known === given) ?? code, message };
}

function isAnswer(answer: unknown): answer is ModelAnswer {
  const outputs = (answer as { readonly outputs?: unknown } | undefined | null)?.outputs;
  return typeof outputs === 'object' && outputs !== null;
}

function namedOutputs(
  given: ModelAnswer['outputs'],
  outputs: readonly OutputDescription[],
): readonly (readonly [string, ModelOutput])[] {
  if (!isList(given)) return Object.entries(given);
  return given.map((output, index) => [output.name ?? outputs[index]?.name ?? '', output]);
}

function isList(given: ModelAnswer['outputs']): given is readonly ModelOutput[] {
  return Array.isArray(given);
}

function toOutputTensor(
  name: string,
  output: ModelOutput,
  outputs: readonly OutputDescription[],
): Tensor {
  const described = outputs.find((candidate) => candidate.name === name);
  const datatype = output.datatype ?? described?.datatype;
  if (!described || !datatype) {
    const known = outputs.map((candidate) => candidate.name).join(', ');
    throw new InferError(
      'INTERNAL',
      `the model answered with the output '${name}'; its configuration lists: ${known}`,
    );
  }
  return toTensor({ role: 'output of the model', name, datatype }, output);
}
