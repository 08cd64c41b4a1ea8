/** Random and mutated gRPC calls, as the bytes of their messages. */

const INFER = 'ModelInfer';
const METHODS = [
  'ServerLive',
  'ServerMetadata',
  'ModelReady',
  'ModelMetadata',
  'ModelConfig',
  'ModelStatistics',
  'RepositoryIndex',
  'LogSettings',
  'SystemSharedMemoryStatus',
  'CudaSharedMemoryStatus',
  'ModelStreamInfer',
];
const DATATYPES = ['FP32', 'FP32', 'INT32', 'BYTES', 'BOOL', 'FP16', 'INT64', 'fp32', '\u00e9', ''];
const DIMENSIONS = [0, 1, 4, 16, -1, 2 ** 31, -(2 ** 63), 2 ** 53];
/** Numbers of the typed contents, from bool_contents to bytes_contents. */
const CONTENTS = [1, 2, 3, 4, 5, 6, 7, 8];
const MAX_BODY_BYTES = 5000;

/**
 * One call: its path, content type and body. One that is not gRPC, or whose body is no framed message,
 * may be answered by a reset of its stream, which clients turn into a status.
 */
export function makeGrpcCase(random) {
  const call = random.pick([
    inferCall,
    inferCall,
    inferCall,
    mutatedInferCall,
    mutatedInferCall,
    otherCall,
    framingCall,
    pathCall,
  ])(random);
  return {
    path: `/inference.GRPCInferenceService/${INFER}`,
    contentType: 'application/grpc',
    ...call,
  };
}

function inferCall(random) {
  return { body: framed(inferMessage(random)) };
}

function mutatedInferCall(random) {
  const method = random.chance(0.8) ? INFER : 'ModelStreamInfer';
  return {
    path: `/inference.GRPCInferenceService/${method}`,
    body: framed(random.mutate(inferMessage(random))),
  };
}

/** A request that is right in part: names, types, shapes and contents are chosen one by one. */
function inferMessage(random) {
  const model = random.pick(['add_sub', 'identity_rows', 'identity_bytes', 'classify', 'nope', '']);
  const inputs = Array.from({ length: random.below(4) }, () => inputMessage(random));
  const outputs = Array.from({ length: random.below(3) }, () => outputMessage(random));
  const raw = Array.from({ length: random.below(4) }, () =>
    field(7, random.bytes(random.pick([0, 1, 4, 64, 100]))),
  );
  return Buffer.concat([
    text(1, model),
    text(2, random.pick(['', '', '1', '7', '-1', 'x', '9'.repeat(30)])),
    text(3, random.text(10)),
    ...(random.chance(0.3) ? [parameter(4, random)] : []),
    ...inputs,
    ...outputs,
    ...raw,
  ]);
}

function inputMessage(random) {
  const rank = random.below(4);
  const shape = Array.from({ length: rank }, () => varint(random.pick(DIMENSIONS)));
  const content = field(random.pick(CONTENTS), random.bytes(random.below(70)));
  return field(
    5,
    Buffer.concat([
      text(1, random.pick(['INPUT0', 'INPUT0', 'INPUT1', '', random.text(8)])),
      text(2, random.pick(DATATYPES)),
      field(3, Buffer.concat(shape)),
      ...(random.chance(0.2) ? [parameter(4, random)] : []),
      ...(random.chance(0.3) ? [field(5, content)] : []),
    ]),
  );
}

function outputMessage(random) {
  const name = random.pick(['OUTPUT0', 'OUTPUT1', '', random.text(8)]);
  const more = random.chance(0.5) ? [parameter(2, random)] : [];
  return field(6, Buffer.concat([text(1, name), ...more]));
}

/** An entry of a map of parameters. */
function parameter(number, random) {
  const key = random.pick([
    'classification',
    'priority',
    'timeout',
    'sequence_id',
    'sequence_start',
    'shared_memory_region',
    'shared_memory_byte_size',
    'triton_enable_empty_final_response',
    random.text(8),
  ]);
  const value = random.pick([
    () => Buffer.concat([tag(1, 0), varint(random.below(2))]),
    () => Buffer.concat([tag(2, 0), varint(random.pick(DIMENSIONS))]),
    () => text(3, random.text(10)),
    () => Buffer.concat([tag(4, 1), random.bytes(8)]),
    () => Buffer.concat([tag(5, 0), varint(random.pick(DIMENSIONS))]),
    () => Buffer.alloc(0),
  ])();
  return field(number, Buffer.concat([text(1, key), field(2, value)]));
}

function otherCall(random) {
  const message = random.pick([
    () => Buffer.alloc(0),
    () => Buffer.concat([text(1, random.pick(['add_sub', 'nope', ''])), text(2, '1')]),
    () => random.bytes(random.below(60)),
  ])();
  return {
    path: `/inference.GRPCInferenceService/${random.pick(METHODS)}`,
    body: framed(message),
  };
}

/** Length prefixes, compression flags and ends that do not fit the message. */
function framingCall(random) {
  const message = inferMessage(random);
  const prefix = framed(message).subarray(0, 5);
  prefix[0] = random.pick([0, 1, 2, 255]);
  if (random.chance(0.7)) prefix.writeUInt32BE(random.pick([0, 1, message.length - 1, 2 ** 31]), 1);
  const body = Buffer.concat([prefix, message]).subarray(0, MAX_BODY_BYTES);
  const content = random.chance(0.3) ? body.subarray(0, random.below(8)) : body;
  return { body: content, mayBeReset: true };
}

function pathCall(random) {
  const types = [
    'application/grpc',
    'application/grpc',
    'application/grpc+proto',
    'text/plain',
    '',
  ];
  const contentType = random.pick(types);
  return {
    path: random.pick([
      '/',
      '/inference.GRPCInferenceService/',
      '/inference.GRPCInferenceService/Nope',
      '/grpc.health.v1.Health/Check',
      `/${encodeURI(random.text(30))}`,
      `/inference.GRPCInferenceService/${'x'.repeat(random.below(2000))}`,
    ]),
    contentType,
    body: framed(random.bytes(random.below(40))),
    mayBeReset: !contentType.startsWith('application/grpc'),
  };
}

export function framed(message) {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export function text(number, value) {
  return field(number, Buffer.from(value));
}

export function field(number, content) {
  return Buffer.concat([tag(number, 2), varint(content.length), content]);
}

function tag(number, kind) {
  return varint((number << 3) | kind);
}

/** A negative number takes ten bytes, as in protobuf. */
export function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}
