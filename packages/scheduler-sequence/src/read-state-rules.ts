import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  type DataType,
  InferError,
  type InitialStateConfig,
  isInferError,
  type ModelConfig,
  type SequenceStateConfig,
  type Tensor,
} from '@nereid/core';
import { toDataType } from '@nereid/model-config';
import type { StateRule } from './sequence-states.js';
import { zeroTensor } from './zero-tensor.js';

/** The folder in a model's folder that holds the data files of initial states. */
const INITIAL_STATE_FOLDER = 'initial_state';

/**
 * Reads the implicit states of a checked configuration, with the files of their initial values. A
 * state without an initial one is zero at first, its dimensions of any size 1. Rejects with an
 * InferError that names state and cause.
 */
export function readStateRules(
  config: ModelConfig,
  directory: string,
): Promise<readonly StateRule[]> {
  const states = config.sequenceBatching?.state ?? [];
  return Promise.all(
    states.map(async (state) => ({
      outputName: state.outputName,
      initial: await initialTensor(state, { directory, batching: config.maxBatchSize > 0 }),
    })),
  );
}

interface Surroundings {
  readonly directory: string;
  readonly batching: boolean;
}

async function initialTensor(
  state: SequenceStateConfig,
  { directory, batching }: Surroundings,
): Promise<Tensor> {
  const [initial] = state.initialState;
  const dims = initial?.dims ?? state.dims.map((dim) => (dim === -1 ? 1 : dim));
  const zeros = zeroTensor({
    name: state.inputName,
    datatype: requireDataType(state),
    shape: batching ? [1, ...dims] : dims,
  });
  if (initial?.dataFile === undefined) return zeros;
  return { ...zeros, data: await readData(initial, zeros, directory) };
}

function requireDataType({ inputName, dataType }: SequenceStateConfig): DataType {
  const datatype = toDataType(dataType);
  if (datatype) return datatype;
  throw new InferError('INVALID_ARG', `state input '${inputName}' must specify 'data_type'`);
}

/** A file may hold more than the state needs; BYTES elements are as long as the file says. */
async function readData(
  { dataFile = '' }: InitialStateConfig,
  expected: Tensor,
  directory: string,
): Promise<Uint8Array> {
  const content = await readStateFile(join(directory, INITIAL_STATE_FOLDER), dataFile);
  if (expected.datatype === 'BYTES') return content;
  const sizeBytes = expected.data.byteLength;
  if (content.byteLength >= sizeBytes) return content.subarray(0, sizeBytes);
  throw new InferError(
    'INVALID_ARG',
    `initial_state setting expects ${sizeBytes} bytes, but the data provided from ${dataFile} ` +
      `only has ${content.byteLength} bytes.`,
  );
}

async function readStateFile(folder: string, name: string): Promise<Uint8Array> {
  const path = join(folder, name);
  try {
    // A configuration can be sent with a request to load the model.
    if (relative(folder, path).startsWith('..')) {
      throw new InferError('INVALID_ARG', `initial_state file '${name}' is outside its folder`);
    }
    // A plain array: a Buffer's `slice` would not copy, as tensor data is expected to.
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if (isInferError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('NOT_FOUND', `failed to read the initial state: ${reason}`, { cause });
  }
}
