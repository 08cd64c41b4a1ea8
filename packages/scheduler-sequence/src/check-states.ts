import {
  InferError,
  type InitialStateConfig,
  type ModelConfig,
  type SequenceStateConfig,
} from '@nereid/core';

/**
 * Checks the implicit states of a configuration; throws an INVALID_ARG InferError with the text of
 * Triton's sequence batcher.
 */
export function checkStates({ sequenceBatching }: ModelConfig): void {
  const inputNames = new Set<string>();
  for (const state of sequenceBatching?.state ?? []) {
    checkMemory(state);
    const { inputName, initialState } = state;
    if (initialState.length > 1) {
      throw invalid(
        `initial_state field for state input '${inputName}' must contain exactly one or zero ` +
          `element. Found '${initialState.length}' elements.`,
      );
    }
    if (inputNames.has(inputName)) {
      throw invalid(`State input name '${inputName}' specified more than once.`);
    }
    inputNames.add(inputName);
    const [initial] = initialState;
    if (initial) checkInitialState(state, initial);
  }
}

/** Growable memory is memory of a GPU. */
function checkMemory(state: SequenceStateConfig): void {
  const { inputName, useGrowableMemory, useSameBufferForInputOutput } = state;
  if (!useGrowableMemory) return;
  if (!useSameBufferForInputOutput) {
    throw invalid(
      "In order to 'use_growable_memory', you must also enable 'use_single_buffer' for state " +
        `input name '${inputName}'.`,
    );
  }
  throw invalid(
    "'use_growable_memory' can only work with KIND_GPU model instances right now. Please either " +
      "change the instance type to KIND_GPU or set 'use_growable_memory' to false for state " +
      `input '${inputName}'.`,
  );
}

function checkInitialState(state: SequenceStateConfig, initial: InitialStateConfig): void {
  const { inputName } = state;
  if (initial.dataType !== state.dataType) {
    throw invalid(
      `The data type used for 'initial_state' field of state '${inputName}' does not match the ` +
        'state data type.',
    );
  }
  if (initial.name === '') {
    throw invalid(
      `Field 'name' must be set when using initial_state for state input '${inputName}'.`,
    );
  }
  checkDims(state, initial);
  if (initial.zeroData === undefined && initial.dataFile === undefined) {
    throw invalid(`initial_state setting expects state'${inputName}' to have state_data set`);
  }
}

function checkDims({ inputName, dims }: SequenceStateConfig, initial: InitialStateConfig): void {
  if (initial.dims.length !== dims.length) {
    throw invalid(
      "Number of dimensions in 'initial_state' doesn't match the size of 'state' dimensions for " +
        `state input '${inputName}'. ${initial.dims.length} != ${dims.length}`,
    );
  }
  for (const [index, dim] of initial.dims.entries()) {
    const expected = dims[index];
    if (dim === -1) {
      throw invalid(
        `'initial_state' field for state input name '${inputName}' contains variable dimensions.`,
      );
    }
    if (expected !== -1 && dim !== expected) {
      throw invalid(
        `'initial_state' dim for input name '${inputName}' doesn't match 'state' dim ` +
          `description. ${dim} != ${expected}`,
      );
    }
  }
}

function invalid(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
