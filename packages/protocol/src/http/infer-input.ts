/** One element of an infer request's `inputs`. */

import {
  type DataType,
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  isDataType,
  type Tensor,
} from '@nereid/core';
import type { SharedMemoryClaims } from '../shared-memory-claims.js';
import type { BinaryTail } from './binary-tail.js';
import { exactElementCount, readShape, resolveShape, type WrittenShape } from './infer-shape.js';
import type { JsonCursor } from './json-cursor.js';
import { readName } from './json-string.js';
import {
  expectString,
  expectUnsigned,
  missingMemberError,
  readValue,
  skipValue,
} from './json-value.js';
import {
  addPlacementParameter,
  isPlacementParameter,
  type PlacementDraft,
  placementOf,
} from './placement-parameters.js';
import { jsonInputTooLarge, readTensorData } from './tensor-data-reader.js';

export interface InputContext {
  readonly tail: BinaryTail;
  readonly claims: SharedMemoryClaims;
  readonly maxInputSizeBytes: number;
}

/** What has been read of an input. */
interface InputDraft {
  name: string | undefined;
  datatype: string | undefined;
  shape: WrittenShape | undefined;
  binarySizeBytes: number | undefined;
  placement: PlacementDraft | undefined;
  data: Uint8Array | undefined;
  /** Where `data` begins, when it came before the members that tell how to read it. */
  dataPosition: number | undefined;
}

type TensorDescription = Pick<Tensor, 'name' | 'datatype' | 'shape'>;

const MAX_INT64 = 2n ** 63n - 1n;
const NO_DATA: Uint8Array = new Uint8Array();

/**
 * Reads the input at the cursor; one that is in shared memory has no data yet, but a claim. Throws
 * the error that the client is to see.
 */
export function readInput(cursor: JsonCursor, context: InputContext): Tensor {
  const draft: InputDraft = {
    name: undefined,
    datatype: undefined,
    shape: undefined,
    binarySizeBytes: undefined,
    placement: undefined,
    data: undefined,
    dataPosition: undefined,
  };
  if (cursor.atObject()) readMembers(cursor, draft, context);
  else skipValue(cursor);
  checkSources(sourcesOf(draft));
  const { name, datatype, shape } = describe(draft);
  const input = { name, datatype, shape, data: NO_DATA };
  const placement = placementOf(draft.placement);
  if (placement === undefined) input.data = inputData(cursor, input, { context, draft });
  else context.claims.use.claimInput(input, placement);
  return input;
}

/** Whether it is told where the data is comes before all else that may be wrong with an input. */
function readMembers(cursor: JsonCursor, draft: InputDraft, context: InputContext): void {
  const start = cursor.position;
  try {
    for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
      readMember(cursor, draft, context);
    }
  } catch (error) {
    cursor.position = start;
    checkSources(writtenSources(cursor));
    throw error;
  }
}

function readMember(cursor: JsonCursor, draft: InputDraft, context: InputContext): void {
  const member = readName(cursor);
  if (member === 'name' && draft.name === undefined) {
    draft.name = expectString(readValue(cursor), "Unable to parse 'name': ");
  } else if (member === 'datatype' && draft.datatype === undefined) {
    draft.datatype = expectString(readValue(cursor), "Unable to parse 'datatype': ");
  } else if (member === 'shape' && draft.shape === undefined) {
    draft.shape = readShape(cursor);
  } else if (member === 'data' && draft.data === undefined && draft.dataPosition === undefined) {
    readData(cursor, draft, context);
  } else if (member === 'parameters' && cursor.atObject()) {
    readParameters(cursor, draft);
  } else {
    skipValue(cursor);
  }
}

/** Reads `data` at once if it is known what it holds; otherwise remembers where it is. */
function readData(cursor: JsonCursor, draft: InputDraft, context: InputContext): void {
  if (draft.name === undefined || draft.datatype === undefined || draft.shape === undefined) {
    draft.dataPosition = cursor.position;
    skipValue(cursor);
    return;
  }
  draft.data = readJsonData(cursor, describe(draft), context.maxInputSizeBytes);
}

function readParameters(cursor: JsonCursor, draft: InputDraft): void {
  for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
    const parameter = readName(cursor);
    if (parameter === 'binary_data_size' && draft.binarySizeBytes === undefined) {
      const size = expectUnsigned(readValue(cursor), "Unable to parse 'binary_data_size': ");
      draft.binarySizeBytes = Number(size);
    } else if (isPlacementParameter(parameter)) {
      draft.placement = addPlacementParameter(draft.placement, parameter, readValue(cursor));
    } else {
      skipValue(cursor);
    }
  }
}

/** Where the data may be: a bit each. */
const SOURCES = ['data', 'binary_data_size', 'shared_memory_region'] as const;
const [IN_JSON, IN_TAIL, IN_REGION] = [1, 2, 4] as const;

function sourcesOf(draft: InputDraft): number {
  const inJson = draft.data !== undefined || draft.dataPosition !== undefined ? IN_JSON : 0;
  const inTail = draft.binarySizeBytes === undefined ? 0 : IN_TAIL;
  return inJson | inTail | (draft.placement?.region === undefined ? 0 : IN_REGION);
}

/** The same of the input at the cursor, whatever its values are. */
function writtenSources(cursor: JsonCursor): number {
  let sources = 0;
  for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
    const member = readName(cursor);
    if (member === 'data') sources |= IN_JSON;
    if (member === 'parameters' && cursor.atObject()) sources |= writtenParameters(cursor);
    else skipValue(cursor);
  }
  return sources;
}

function writtenParameters(cursor: JsonCursor): number {
  let sources = 0;
  for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
    const parameter = readName(cursor);
    if (parameter === 'binary_data_size') sources |= IN_TAIL;
    if (parameter === 'shared_memory_region') sources |= IN_REGION;
    skipValue(cursor);
  }
  return sources;
}

/** Exactly one of the three places must hold the data. */
function checkSources(sources: number): void {
  if (sources === IN_JSON || sources === IN_TAIL || sources === IN_REGION) return;
  const set = SOURCES.filter((_, index) => sources & (1 << index)).map((source) => ` '${source}'`);
  const found = sources === 0 ? 'But no field is set' : `But set${set.join('')}`;
  throw new InferError(
    'INVALID_ARG',
    "Input must set only one of the following fields: 'data', 'binary_data_size' in " +
      `'parameters', 'shared_memory_region' in 'parameters'. ${found}`,
  );
}

function describe(draft: InputDraft): TensorDescription {
  const { name, shape } = draft;
  if (name === undefined) throw missingMemberError('name');
  if (draft.datatype === undefined) throw missingMemberError('datatype');
  if (shape === undefined) throw missingMemberError('shape');
  return { name, datatype: parseDataType(draft.datatype, name), shape: resolveShape(shape, name) };
}

function parseDataType(datatype: string, inputName: string): DataType {
  if (isDataType(datatype)) return datatype;
  throw new InferError('INVALID_ARG', `invalid datatype for input ${inputName}`);
}

function inputData(
  cursor: JsonCursor,
  description: TensorDescription,
  { context, draft }: { readonly context: InputContext; readonly draft: InputDraft },
): Uint8Array {
  if (draft.data !== undefined) return draft.data;
  if (draft.binarySizeBytes !== undefined) {
    return context.tail.take(description.name, draft.binarySizeBytes);
  }
  const end = cursor.position;
  cursor.position = draft.dataPosition ?? end;
  const data = readJsonData(cursor, description, context.maxInputSizeBytes);
  cursor.position = end;
  return data;
}

function readJsonData(
  cursor: JsonCursor,
  { name, datatype, shape }: TensorDescription,
  maxSizeBytes: number,
): Uint8Array {
  const count = elementCount(shape);
  if (count === 0) {
    // As in Triton, nobody looks at what an empty tensor is said to hold.
    skipValue(cursor);
    return NO_DATA;
  }
  const elementSizeBytes = ELEMENT_SIZE_BYTES[datatype];
  if (count * elementSizeBytes > maxSizeBytes) {
    const sizeBytes = exactElementCount(shape) * BigInt(elementSizeBytes);
    if (sizeBytes <= MAX_INT64) throw jsonInputTooLarge({ name, maxSizeBytes }, sizeBytes);
    throw new InferError(
      'INVALID_ARG',
      `byte size overflow for input '${name}': element count (${exactElementCount(shape)}) ` +
        `* data type size (${elementSizeBytes}) exceeds maximum allowed size (${MAX_INT64})`,
    );
  }
  return readTensorData(cursor, { name, datatype, elementCount: count, maxSizeBytes });
}
