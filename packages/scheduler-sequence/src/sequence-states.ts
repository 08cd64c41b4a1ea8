import type { ModelResponse, Tensor } from '@nereid/core';

/** One implicit state of a model. */
export interface StateRule {
  readonly outputName: string;
  /** The input of the first request of a sequence, under the name of the state's input. */
  readonly initial: Tensor;
}

/** A view that is kept alive must not keep much more memory than its own. */
const MAX_KEPT_FACTOR = 2;

/** The implicit states of one sequence, from its first request to its last. */
export class SequenceStates {
  readonly #rules: readonly StateRule[];
  #inputs: readonly Tensor[];

  constructor(rules: readonly StateRule[]) {
    this.#rules = rules;
    this.#inputs = rules.map(({ initial }) => initial);
  }

  /** What the next request of the sequence gets. */
  get inputs(): readonly Tensor[] {
    return this.#inputs;
  }

  /** Takes the states that are among a model's outputs; the others stay as they are. */
  take({ outputs, release }: ModelResponse): void {
    this.#inputs = this.#rules.map(({ outputName, initial }, index) => {
      const output = outputs.find(({ name }) => name === outputName);
      if (!output) return this.#inputs[index] ?? initial;
      // Memory that is released with the response is used again while the sequence goes on.
      const data = release ? new Uint8Array(output.data) : compact(output.data);
      return { ...output, name: initial.name, data };
    });
  }
}

/** Copies a small view of large memory: a state lives on when the batch it came from is gone. */
function compact(data: Uint8Array): Uint8Array {
  return data.buffer.byteLength > data.byteLength * MAX_KEPT_FACTOR ? new Uint8Array(data) : data;
}
