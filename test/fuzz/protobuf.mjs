/** Writes protobuf messages, and changes them field by field. */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const HIGHEST_KIND = 8;
const LIMITS = [
  0,
  1,
  127,
  128,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  -1,
  -(2 ** 31),
  -(2n ** 63n),
  2n ** 63n,
];
const MAX_FIELDS = 500;

/** A message with the five bytes before it that gRPC asks for. */
export function framed(message) {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export function text(number, value) {
  return field(number, Buffer.from(value));
}

export function field(number, content) {
  return Buffer.concat([tag(number, LENGTH_DELIMITED), varint(content.length), content]);
}

export function whole(number, value) {
  return Buffer.concat([tag(number, VARINT), varint(value)]);
}

export function tag(number, kind) {
  return varint(number * 8 + kind);
}

/** A negative number takes ten bytes, as in protobuf. */
export function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/**
 * A copy of a message with one field changed, somewhere in it: the lengths around the change still
 * fit, so that only the change itself can be wrong.
 */
export function mutatedMessage(bytes, random) {
  const fields = split(bytes);
  if (!fields || fields.length === 0) return random.chance(0.5) ? bytes : unknownField(random);
  const at = random.below(fields.length);
  const chosen = fields[at];
  const parts = fields.map(({ bytes: part }) => part);
  const isMessage = chosen.kind === LENGTH_DELIMITED && split(chosen.content)?.length > 0;
  if (isMessage && random.chance(0.6)) {
    parts[at] = field(chosen.number, mutatedMessage(chosen.content, random));
  } else {
    parts.splice(at, 1, ...random.pick(FIELD_CHANGES)(chosen, random));
  }
  return Buffer.concat(parts);
}

/** The parts that take the place of a field. */
const FIELD_CHANGES = [
  () => [],
  ({ bytes }) => [bytes, bytes],
  ({ bytes }, random) => Array(random.below(MAX_FIELDS)).fill(bytes),
  ({ bytes }, random) => [bytes, unknownField(random)],
  ({ bytes }, random) => [unknownField(random), bytes],
  ({ bytes, tagLength }, random) => [retagged(bytes, tagLength, random)],
  ({ number }, random) => [whole(number, random.pick(LIMITS))],
  ({ number }, random) => [
    field(number, Buffer.concat(LIMITS.map(varint)).subarray(random.below(9))),
  ],
  ({ number, content }, random) => [field(number, random.mutate(content))],
  ({ number, content }) => [field(number, content.subarray(0, -1))],
  ({ number, content }) => [field(number, Buffer.concat([content, Buffer.from([0])]))],
  ({ number, content }) => [field(number, Buffer.alloc(0)), field(number, content)],
  // A length that is wrong by one, or by a lot: it eats the next field, or ends too early.
  ({ number, content }, random) => [wrongLength(number, content, random)],
  // Varints without an end, and longer than 64 bits.
  ({ number }) => [tag(number, VARINT), Buffer.alloc(3, 0x80)],
  ({ number }) => [tag(number, VARINT), Buffer.alloc(11, 0xff), Buffer.from([1])],
  ({ number }) => [field(number, Buffer.from([0xff, 0xfe, 0xc0, 0x80]))],
];

function retagged(bytes, tagLength, random) {
  const number = random.pick([0, 1, 2, 5, 7, 15, 2 ** 29 - 1]);
  return Buffer.concat([tag(number, random.below(HIGHEST_KIND)), bytes.subarray(tagLength)]);
}

function wrongLength(number, content, random) {
  const length = random.pick([content.length + 1, Math.max(0, content.length - 1), 2 ** 31, -1]);
  return Buffer.concat([tag(number, LENGTH_DELIMITED), varint(length), content]);
}

function unknownField(random) {
  const number = random.pick([9, 99, 2 ** 29 - 1, 19_000]);
  return random.pick([
    () => whole(number, random.pick(LIMITS)),
    () => field(number, random.bytes(random.below(40))),
    () => Buffer.concat([tag(number, FIXED_64), random.bytes(8)]),
    () => Buffer.concat([tag(number, FIXED_32), random.bytes(4)]),
    () => Buffer.concat([tag(number, 3), tag(number, 4)]),
    () => tag(number, 3),
    () => Buffer.concat(Array(200).fill(tag(number, 3))),
  ])();
}

/** The fields of a message; undefined for bytes that are none. */
function split(bytes) {
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const key = readVarint(bytes, at);
    if (!key || key.value < 8) return undefined;
    const start = at;
    const [number, kind] = [Math.floor(key.value / 8), key.value % 8];
    const content = contentAt(bytes, key.end, kind);
    if (!content) return undefined;
    at = content.end;
    const [tagLength, end] = [key.end - start, content.end];
    fields.push({
      number,
      kind,
      tagLength,
      bytes: bytes.subarray(start, end),
      content: bytes.subarray(content.start, end),
    });
  }
  return fields;
}

function contentAt(bytes, start, kind) {
  const until = (from, end) => (end <= bytes.length ? { start: from, end } : undefined);
  if (kind === FIXED_64) return until(start, start + 8);
  if (kind === FIXED_32) return until(start, start + 4);
  if (kind !== VARINT && kind !== LENGTH_DELIMITED) return undefined;
  const number = readVarint(bytes, start);
  if (!number) return undefined;
  return kind === VARINT ? until(start, number.end) : until(number.end, number.end + number.value);
}

function readVarint(bytes, start) {
  let value = 0;
  for (let at = start; at < bytes.length && at < start + 10; at++) {
    value += (bytes[at] & 127) * 2 ** (7 * (at - start));
    if (bytes[at] < 128) return { value, end: at + 1 };
  }
  return undefined;
}
