import {
  type Field,
  fieldSize,
  initialValue,
  type PlainMessage,
  readField,
  writeField,
} from './message-field.js';
import type { ValueCodec } from './value-codec.js';
import { LENGTH_DELIMITED } from './wire-format.js';
import { WireReader } from './wire-reader.js';
import { varintSize, WireWriter } from './wire-writer.js';

/**
 * Encodes plain objects of type T as a protobuf message and decodes them. Meant for the messages of
 * the control plane: inference messages have a codec of their own.
 */
export class MessageCodec<T> implements ValueCodec<T | undefined> {
  readonly wireType = LENGTH_DELIMITED;
  readonly initial = undefined;
  readonly #fields: readonly Field[];
  readonly #byNumber: ReadonlyMap<number, Field>;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
    this.#byNumber = new Map(fields.map((each) => [each.number, each]));
  }

  encode(message: T): Buffer {
    const writer = new WireWriter(this.#bodySize(message));
    this.#writeBody(writer, message);
    return writer.bytes;
  }

  /** Throws the InferError of an unparsable request. Bytes fields are views into `bytes`. */
  decode(bytes: Uint8Array): T {
    const reader = new WireReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return this.#readBody(reader, this.#initialObject());
  }

  createEmpty(): T {
    return this.#initialObject() as T;
  }

  size(message: T | undefined): number {
    const size = this.#bodySize(message);
    return varintSize(size) + size;
  }

  write(writer: WireWriter, message: T | undefined): void {
    writer.varint(this.#bodySize(message));
    this.#writeBody(writer, message);
  }

  /** Occurrences of one field merge, as protobuf wants it. */
  read(reader: WireReader, previous: T | undefined): T {
    const outerEnd = reader.enter();
    const message = this.#readBody(reader, (previous as PlainMessage) ?? this.#initialObject());
    reader.leave(outerEnd);
    return message;
  }

  #bodySize(message: unknown): number {
    let size = 0;
    for (const each of this.#fields)
      size += fieldSize(each, (message as PlainMessage)?.[each.name]);
    return size;
  }

  #writeBody(writer: WireWriter, message: unknown): void {
    for (const each of this.#fields) {
      writeField(writer, each, (message as PlainMessage)?.[each.name]);
    }
  }

  #initialObject(): PlainMessage {
    const message: PlainMessage = {};
    for (const each of this.#fields) message[each.name] = initialValue(each);
    return message;
  }

  #readBody(reader: WireReader, message: PlainMessage): T {
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const known = this.#byNumber.get(tag >>> 3);
      if (known === undefined || !readField(reader, { field: known, wireType: tag & 7, message })) {
        reader.skip(tag);
      } else if (known.oneof !== undefined) {
        this.#dropOtherChoices(known, message);
      }
    }
    return message as T;
  }

  #dropOtherChoices(chosen: Field, message: PlainMessage): void {
    for (const other of this.#fields) {
      if (other.oneof === chosen.oneof && other !== chosen) message[other.name] = undefined;
    }
  }
}
