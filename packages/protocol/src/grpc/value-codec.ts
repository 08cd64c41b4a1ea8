import { FIXED32, FIXED64, LENGTH_DELIMITED, VARINT } from './wire-format.js';
import type { WireReader } from './wire-reader.js';
import { utf8Size, varint64Size, varintSize, type WireWriter } from './wire-writer.js';

/** How the values of one protobuf type are laid out behind their tag. */
export interface ValueCodec<V> {
  readonly wireType: number;
  /** What a field of this type holds when the message does not mention it. */
  readonly initial: V;
  /** The bytes that `write` takes. */
  size(value: V): number;
  write(writer: WireWriter, value: V): void;
  /** `previous` is the field's value so far, for types whose occurrences merge. */
  read(reader: WireReader, previous: V): V;
  /** Of messages only: the value of a map entry that does not mention it. */
  createEmpty?(): V;
}

export const bool: ValueCodec<boolean> = {
  wireType: VARINT,
  initial: false,
  size: () => 1,
  write: (writer, value) => writer.varint(value ? 1 : 0),
  read: (reader) => reader.bool(),
};

export const int32: ValueCodec<number> = {
  wireType: VARINT,
  initial: 0,
  size: varint64Size,
  write: (writer, value) => writer.varint64(value),
  read: (reader) => reader.varint() | 0,
};

export const uint32: ValueCodec<number> = {
  wireType: VARINT,
  initial: 0,
  size: varintSize,
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.varint(),
};

/** Read as bigints, so that nothing is lost; written from bigints and from numbers alike. */
export const int64: ValueCodec<number | bigint> = {
  wireType: VARINT,
  initial: 0n,
  size: varint64Size,
  write: (writer, value) => writer.varint64(value),
  read: (reader) => reader.int64(),
};

export const uint64: ValueCodec<number | bigint> = {
  ...int64,
  read: (reader) => reader.uint64(),
};

export const float: ValueCodec<number> = {
  wireType: FIXED32,
  initial: 0,
  size: () => 4,
  write: (writer, value) => writer.float(value),
  read: (reader) => reader.float(),
};

export const double: ValueCodec<number> = {
  wireType: FIXED64,
  initial: 0,
  size: () => 8,
  write: (writer, value) => writer.double(value),
  read: (reader) => reader.double(),
};

export const string: ValueCodec<string> = {
  wireType: LENGTH_DELIMITED,
  initial: '',
  size(value) {
    const size = utf8Size(value);
    return varintSize(size) + size;
  },
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
};

/** Read as views into the message. */
export const bytes: ValueCodec<Uint8Array> = {
  wireType: LENGTH_DELIMITED,
  initial: Buffer.alloc(0),
  size: (value) => varintSize(value.length) + value.length,
  write: (writer, value) => writer.raw(value),
  read: (reader) => reader.bytes(),
};

/**
 * An enum whose values count up from 0, as the names of its values. An unknown value reads as the
 * first.
 */
export function enumeration<const Name extends string>(names: readonly Name[]): ValueCodec<Name> {
  const [initial] = names;
  if (initial === undefined) throw new TypeError('an enum has at least one value');
  const numberOf = (name: Name): number => {
    const number = names.indexOf(name);
    if (number < 0) throw new TypeError(`'${name}' is not one of ${names.join(', ')}`);
    return number;
  };
  return {
    wireType: VARINT,
    initial,
    size: (value) => varintSize(numberOf(value)),
    write: (writer, value) => writer.varint(numberOf(value)),
    read: (reader) => names[reader.varint()] ?? initial,
  };
}
