/** One field of a message, as far as ONNX files need it. */
export interface ProtobufField {
  readonly number: number;
  readonly varint: number | undefined;
  readonly bytes: Uint8Array | undefined;
}

/** The fields of one message, nested ones as bytes. Throws a RangeError for what is none. */
export function readFields(message: Uint8Array = new Uint8Array(0)): readonly ProtobufField[] {
  const cursor = { message, offset: 0 };
  const fields: ProtobufField[] = [];
  while (cursor.offset < message.byteLength) {
    const tag = readVarint(cursor);
    fields.push({ number: Math.floor(tag / 8), ...readValue(cursor, tag % 8) });
  }
  return fields;
}

interface Cursor {
  readonly message: Uint8Array;
  offset: number;
}

function readValue(cursor: Cursor, wireType: number): Omit<ProtobufField, 'number'> {
  if (wireType === 0) return { varint: readVarint(cursor), bytes: undefined };
  const sizes: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
  const size = wireType === 2 ? readVarint(cursor) : sizes[wireType];
  if (size === undefined) throw new RangeError(`not a protobuf wire type: ${wireType}`);
  const start = cursor.offset;
  cursor.offset += size;
  return { varint: undefined, bytes: cursor.message.subarray(start, cursor.offset) };
}

/** As a double: exact for the sizes and numbers of a file. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = cursor.message[cursor.offset++];
    if (byte === undefined) throw new RangeError('the file ends within a number');
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
}
