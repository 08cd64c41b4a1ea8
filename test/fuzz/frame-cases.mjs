/** Conversations in HTTP/2 frames, right but for a few details, as bytes. */

import { field, framed, text, varint } from './protobuf.mjs';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const TYPES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
};
const END_STREAM = 1;
const END_HEADERS = 4;
const PADDED = 8;
const PRIORITY = 32;
const ODD_NUMBERS = [0, 1, 2, 255, 16_384, 65_535, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
const PATHS = [
  '/inference.GRPCInferenceService/ModelInfer',
  '/inference.GRPCInferenceService/ModelStreamInfer',
  '/inference.GRPCInferenceService/ServerLive',
  '/grpc.health.v1.Health/Check',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/unknown',
];
const FIELDS = [
  ['te', 'trailers'],
  ['grpc-timeout', '5S'],
  ['grpc-timeout', '0n'],
  ['grpc-timeout', 'soon'],
  ['grpc-encoding', 'gzip'],
  ['grpc-encoding', 'snappy'],
  ['grpc-accept-encoding', 'gzip, deflate'],
  ['content-length', '10'],
  ['x-metadata', 'words'],
  ['x-bin', 'AAECAw'],
  ['X-Capital', 'no'],
  ['connection', 'close'],
  [':status', '200'],
];

/** Bytes of one connection, in the pieces in which they are sent. */
export function makeFrameCase(random) {
  const frames = [settings(random)];
  const streams = 1 + random.below(6);
  for (let index = 0; index < streams; index += 1) frames.push(...request(random, 2 * index + 1));
  const extras = random.below(6);
  for (let count = 0; count < extras; count += 1) {
    frames.splice(random.below(frames.length + 1), 0, extraFrame(random));
  }
  if (random.chance(0.5)) disturb(random, frames);
  let bytes = Buffer.concat([PREFACE, ...frames]);
  if (random.chance(0.4)) bytes = random.mutate(bytes);
  return pieces(random, bytes);
}

function pieces(random, bytes) {
  const result = [];
  for (let at = 0; at < bytes.length; ) {
    const size = random.pick([1, 5, 9, 10, 100, 5000, bytes.length]);
    result.push(bytes.subarray(at, at + size));
    at += size;
    if (result.length > 50) return [...result, bytes.subarray(at)];
  }
  return result;
}

/** Frames out of order, twice, missing, or with another head. */
function disturb(random, frames) {
  const at = random.below(frames.length);
  const other = random.below(frames.length);
  const change = random.pick(['swap', 'repeat', 'flood', 'drop', 'flags', 'id', 'type', 'length']);
  const frame = Buffer.from(frames[at]);
  if (change === 'swap') [frames[at], frames[other]] = [frames[other], frames[at]];
  else if (change === 'repeat') frames.splice(other, 0, frame);
  else if (change === 'flood') frames.splice(at, 0, ...Array(random.below(3000)).fill(frame));
  else if (change === 'drop') frames.splice(at, 1);
  else {
    if (change === 'flags') frame[4] = random.below(256);
    else if (change === 'type') frame[3] = random.below(12);
    else if (change === 'id') frame.writeUInt32BE(random.pick([...ODD_NUMBERS, 3, 5, 7]), 5);
    else frame.writeUIntBE(random.pick(ODD_NUMBERS) % 2 ** 24, 0, 3);
    frames[at] = frame;
  }
}

function request(random, id) {
  const block = headerBlock(random);
  const contents = random.chance(0.2) ? withPriority(random, block) : block;
  const flags = random.chance(0.2) ? PRIORITY * Number(contents !== block) : 0;
  const messages = messageFrames(random, id);
  const end = messages.length === 0 ? END_STREAM : 0;
  return [...headerFrames(random, { id, block: contents, flags: flags | end }), ...messages];
}

/** One HEADERS frame, or the block cut into several. */
function headerFrames(random, { id, block, flags }) {
  if (random.chance(0.8)) return [frame(TYPES.headers, { flags: flags | END_HEADERS, id }, block)];
  const frames = [frame(TYPES.headers, { flags, id }, block.subarray(0, 5))];
  const cut = random.below(block.length);
  frames.push(frame(TYPES.continuation, { id }, block.subarray(5, cut)));
  const rest = block.subarray(Math.max(5, cut));
  frames.push(frame(TYPES.continuation, { flags: END_HEADERS, id }, rest));
  return frames;
}

function withPriority(random, block) {
  return Buffer.concat([random.bytes(5), block]);
}

function messageFrames(random, id) {
  const count = random.pick([0, 1, 1, 1, 2, 5]);
  const body = Buffer.concat(Array.from({ length: count }, () => message(random)));
  if (count === 0) return [];
  const frames = [];
  for (let at = 0; at < body.length; ) {
    const size = random.pick([1, 5, 6, 100, body.length]);
    frames.push(dataFrame(random, id, body.subarray(at, at + size)));
    at += size;
    if (frames.length > 20) frames.push(dataFrame(random, id, body.subarray(at)));
    if (frames.length > 20) break;
  }
  if (random.chance(0.9))
    frames.push(frame(TYPES.data, { flags: END_STREAM, id }, Buffer.alloc(0)));
  return frames;
}

function dataFrame(random, id, contents) {
  if (random.chance(0.8)) return frame(TYPES.data, { id }, contents);
  const padding = random.below(20);
  const padded = Buffer.concat([Buffer.from([padding]), contents, Buffer.alloc(padding)]);
  return frame(TYPES.data, { flags: PADDED, id }, padded);
}

function message(random) {
  if (random.chance(0.1)) return random.bytes(20);
  const data = Float32Array.from({ length: 16 }, () => random.next());
  const shape = Buffer.concat([varint(1), varint(16)]);
  const input = [text(1, 'INPUT0'), text(2, 'FP32'), field(3, shape)];
  const infer = [
    text(1, 'identity_rows'),
    field(5, Buffer.concat(input)),
    field(7, Buffer.from(data.buffer)),
  ];
  const bytes = framed(Buffer.concat(random.chance(0.5) ? infer : []));
  if (random.chance(0.1)) bytes[0] = random.below(3);
  if (random.chance(0.1)) bytes.writeUInt32BE(random.pick(ODD_NUMBERS), 1);
  return bytes;
}

function headerBlock(random) {
  const fields = [
    Buffer.from([0x83, 0x86]),
    literal(random, ':path', random.pick(PATHS)),
    literal(
      random,
      'content-type',
      random.pick(['application/grpc', 'application/grpc', 'text/x']),
    ),
  ];
  for (let count = random.below(4); count > 0; count -= 1) {
    fields.push(literal(random, ...random.pick(FIELDS)));
  }
  if (random.chance(0.3)) fields.push(Buffer.from([0x80 | (60 + random.below(6))]));
  if (random.chance(0.1)) fields.unshift(Buffer.from([0x20 | random.below(32)]));
  const block = Buffer.concat(fields);
  return random.chance(0.1) ? random.mutate(block) : block;
}

/** With a place in the table, or without. */
function literal(random, name, value) {
  const kind = random.pick([0x40, 0x00, 0x10]);
  return Buffer.concat([Buffer.from([kind]), string(name), string(value)]);
}

function string(value) {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}

function settings(random) {
  const entries = [];
  for (let count = random.below(4); count > 0; count -= 1) {
    const bytes = Buffer.alloc(6);
    bytes.writeUInt16BE(random.below(8), 0);
    const usual = random.pick([0, 1, 100, 16_384, 65_535, 1_000_000]);
    bytes.writeUInt32BE(random.chance(0.2) ? random.pick(ODD_NUMBERS) : usual, 2);
    entries.push(bytes);
  }
  return frame(TYPES.settings, {}, Buffer.concat(entries));
}

function extraFrame(random) {
  const id = 2 * random.below(6) + 1;
  return random.pick([
    () => frame(TYPES.ping, { flags: random.below(2) }, random.bytes(8)),
    () => frame(TYPES.settings, { flags: 1 }, Buffer.alloc(0)),
    () => settings(random),
    () => frame(TYPES.windowUpdate, { id: random.pick([0, id]) }, number(random)),
    () => frame(TYPES.reset, { id }, number(random)),
    () => frame(TYPES.priority, { id }, random.bytes(5)),
    () => frame(TYPES.goAway, {}, random.bytes(8 + random.below(20))),
    () => frame(TYPES.push, { id }, random.bytes(10)),
    () => frame(10 + random.below(200), { id }, random.bytes(random.below(50))),
    () => frame(TYPES.headers, { flags: END_HEADERS | END_STREAM, id }, literal(random, 'x', 'y')),
  ])();
}

function number(random) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(random.pick(ODD_NUMBERS));
  return bytes;
}

function frame(type, { flags = 0, id = 0 }, contents) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(contents.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, contents]);
}
