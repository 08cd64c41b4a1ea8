/** The fields of ONNX's messages (onnx.proto). */
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;
const WIRE_VARINT = 0;
const WIRE_FIXED64 = 1;
const WIRE_BYTES = 2;
const WIRE_FIXED32 = 5;

/** What an ONNX file says of itself, as text by key. ONNX Runtime's package for Node does not tell. */
export function readOnnxMetadata(file) {
  const entries = fieldsOf(file)
    .filter(({ number }) => number === METADATA_PROPS)
    .map(({ bytes }) => {
      const texts = new Map(fieldsOf(bytes).map((field) => [field.number, field.bytes.toString()]));
      return [texts.get(KEY) ?? '', texts.get(VALUE) ?? ''];
    });
  return Object.fromEntries(entries);
}

/** The fields of a message that are messages or text. */
function fieldsOf(message) {
  const fields = [];
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at);
    const [number, wireType] = [tag.value >>> 3, tag.value & 7];
    at = tag.end;
    if (wireType === WIRE_VARINT) at = readVarint(message, at).end;
    else if (wireType === WIRE_FIXED64) at += 8;
    else if (wireType === WIRE_FIXED32) at += 4;
    else if (wireType === WIRE_BYTES) {
      const { value: length, end } = readVarint(message, at);
      fields.push({ number, bytes: message.subarray(end, end + length) });
      at = end + length;
    } else throw new Error('this is no ONNX file');
  }
  return fields;
}

function readVarint(message, start) {
  let [value, factor, end] = [0, 1, start];
  for (; message[end] > 127; end++) {
    value += (message[end] & 127) * factor;
    factor *= 128;
  }
  return { value: value + message[end] * factor, end: end + 1 };
}
