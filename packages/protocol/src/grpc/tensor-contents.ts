import { type DataType, ELEMENT_SIZE_BYTES, InferError } from '@nereid/core';
import { fieldTag, LENGTH_DELIMITED, MAX_MESSAGE_BYTES, unparsable } from './wire-format.js';
import { WireReader } from './wire-reader.js';

/**
 * A field of InferTensorContents: the datatype it stands for, and the narrower ones it may hold.
 */
interface ContentsField {
  readonly datatype: DataType;
  readonly narrower: readonly DataType[];
  /** Bytes per element on the wire, or `varint`; elements of BYTES are length-delimited. */
  readonly encoding: 'varint' | 'delimited' | 4 | 8;
}

/** By field number less one. */
const FIELDS: readonly ContentsField[] = [
  { datatype: 'BOOL', narrower: [], encoding: 'varint' },
  { datatype: 'INT32', narrower: ['INT8', 'INT16'], encoding: 'varint' },
  { datatype: 'INT64', narrower: [], encoding: 'varint' },
  { datatype: 'UINT32', narrower: ['UINT8', 'UINT16'], encoding: 'varint' },
  { datatype: 'UINT64', narrower: [], encoding: 'varint' },
  { datatype: 'FP32', narrower: [], encoding: 4 },
  { datatype: 'FP64', narrower: [], encoding: 8 },
  { datatype: 'BYTES', narrower: [], encoding: 'delimited' },
];

const WIRE_TYPE = { varint: 0, delimited: LENGTH_DELIMITED, 4: 5, 8: 1 } as const;
const BYTES_LENGTH_SIZE = 4;
const NO_DATA = new Uint8Array();

/** The input whose contents are converted, for the texts of errors. */
interface ContentsOwner {
  readonly inputName: string;
  readonly modelName: string;
  /** Undefined when the input names a datatype that does not exist. */
  readonly datatype: DataType | undefined;
}

/**
 * Converts a serialized InferTensorContents to tensor data. A packed field of floating-point
 * numbers is returned as a view, as it is laid out like a tensor; all else has to be converted one
 * by one. Throws INVALID_ARG, in Triton's words, when a field does not fit the datatype or two are
 * given.
 */
export function contentsToData(contents: Buffer, owner: ContentsOwner): Uint8Array {
  const found = survey(contents);
  let used: Survey | undefined;
  for (const candidate of found) {
    if (candidate === undefined || candidate.count === 0) continue;
    checkField(candidate.field, owner, used !== undefined);
    used = candidate;
  }
  if (used === undefined || owner.datatype === undefined) return NO_DATA;
  return used.view ?? convert(contents, used, owner.datatype);
}

function checkField(field: ContentsField, owner: ContentsOwner, dataGiven: boolean): void {
  const { inputName, modelName, datatype } = owner;
  const tensor = `input tensor '${inputName}' for model '${modelName}'`;
  const input = `unexpected explicit tensor data for ${tensor}`;
  if (dataGiven) {
    throw new InferError('INVALID_ARG', `${input}, binary data was already supplied.`);
  }
  const fits = datatype === field.datatype || field.narrower.some((each) => each === datatype);
  if (fits) return;
  throw new InferError(
    'INVALID_ARG',
    `${input} of type '${field.datatype}', expected datatype '${datatype ?? '<invalid>'}'`,
  );
}

/** What one field of the contents holds. */
interface Survey {
  readonly field: ContentsField;
  readonly number: number;
  count: number;
  /** The bytes of all elements of a `delimited` field. */
  sizeBytes: number;
  /** All the data, when it stands in one packed run of fixed-size numbers. */
  view: Buffer | undefined;
}

/** Counts the elements of each field, so that their data can be made in one piece. */
function survey(contents: Buffer): (Survey | undefined)[] {
  const reader = new WireReader(contents);
  const found: (Survey | undefined)[] = new Array(FIELDS.length).fill(undefined);
  while (reader.position < reader.end) {
    const tag = reader.tag();
    const number = tag >>> 3;
    const field = FIELDS[number - 1];
    const packed = field !== undefined && isPacked(field, tag & 7);
    if (field === undefined || !(packed || (tag & 7) === WIRE_TYPE[field.encoding])) {
      reader.skip(tag);
      continue;
    }
    found[number - 1] ??= { field, number, count: 0, sizeBytes: 0, view: undefined };
    const entry = found[number - 1];
    if (entry === undefined) continue;
    if (packed) countPacked(reader, entry);
    else countOne(reader, entry, tag);
  }
  return found;
}

function isPacked(field: ContentsField, wireType: number): boolean {
  return wireType === LENGTH_DELIMITED && field.encoding !== 'delimited';
}

function countOne(reader: WireReader, entry: Survey, tag: number): void {
  if (entry.field.encoding === 'delimited') entry.sizeBytes += reader.bytes().length;
  else reader.skip(tag);
  entry.count += 1;
  entry.view = undefined;
}

function countPacked(reader: WireReader, entry: Survey): void {
  const run = reader.bytes();
  const { encoding } = entry.field;
  if (encoding === 'varint') {
    entry.count += countVarints(run);
    return;
  }
  const elementSize = encoding === 4 ? 4 : 8;
  if (run.length % elementSize !== 0) throw unparsable();
  entry.view = entry.count === 0 ? run : undefined;
  entry.count += run.length / elementSize;
}

/** Each varint ends with the one byte of it whose highest bit is clear. */
function countVarints(run: Buffer): number {
  let count = 0;
  for (const byte of run) if (byte < 0x80) count += 1;
  return count;
}

function convert(contents: Buffer, used: Survey, datatype: DataType): Uint8Array {
  const sizeBytes =
    used.field.encoding === 'delimited'
      ? used.sizeBytes + used.count * BYTES_LENGTH_SIZE
      : used.count * ELEMENT_SIZE_BYTES[datatype];
  if (sizeBytes > MAX_MESSAGE_BYTES) {
    throw new InferError('INVALID_ARG', `explicit tensor data of ${sizeBytes} bytes is too large`);
  }
  const target = { data: Buffer.allocUnsafe(sizeBytes), position: 0 };
  const read = elementReader(used.field, datatype);
  const reader = new WireReader(contents);
  const single = fieldTag(used.number, WIRE_TYPE[used.field.encoding]);
  const packed = fieldTag(used.number, LENGTH_DELIMITED);
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag === single) read(reader, target);
    else if (tag === packed) readRun(reader, read, target);
    else reader.skip(tag);
  }
  return target.data;
}

/** The data under construction and how far it has come. */
interface Target {
  readonly data: Buffer;
  position: number;
}

type ElementReader = (reader: WireReader, target: Target) => void;

function readRun(reader: WireReader, read: ElementReader, target: Target): void {
  const outerEnd = reader.enter();
  while (reader.position < reader.end) read(reader, target);
  reader.leave(outerEnd);
}

function elementReader(field: ContentsField, datatype: DataType): ElementReader {
  if (field.encoding === 'delimited') return readBytesElement;
  if (field.encoding === 4 || field.encoding === 8) return readFixed(field.encoding);
  if (field.datatype === 'BOOL') return readBool;
  switch (ELEMENT_SIZE_BYTES[datatype]) {
    case 1:
      return readInt8;
    case 2:
      return readInt16;
    case 4:
      return readInt32;
    default:
      return readInt64;
  }
}

const readBool: ElementReader = (reader, target) => {
  target.data[target.position++] = reader.bool() ? 1 : 0;
};

const readInt8: ElementReader = (reader, target) => {
  target.data[target.position++] = reader.varint() & 0xff;
};

const readInt16: ElementReader = (reader, target) => {
  target.position = target.data.writeUInt16LE(reader.varint() & 0xffff, target.position);
};

const readInt32: ElementReader = (reader, target) => {
  target.position = target.data.writeUInt32LE(reader.varint(), target.position);
};

const readInt64: ElementReader = (reader, target) => {
  const low = reader.varint();
  target.position = target.data.writeUInt32LE(low, target.position);
  target.position = target.data.writeUInt32LE(reader.high, target.position);
};

const readBytesElement: ElementReader = (reader, target) => {
  const element = reader.bytes();
  target.position = target.data.writeUInt32LE(element.length, target.position);
  target.data.set(element, target.position);
  target.position += element.length;
};

function readFixed(sizeBytes: number): ElementReader {
  return (reader, target) => {
    target.data.set(reader.fixed(sizeBytes), target.position);
    target.position += sizeBytes;
  };
}
