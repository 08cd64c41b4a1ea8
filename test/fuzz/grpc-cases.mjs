/** Random and mutated gRPC calls, as the bytes of their messages. */

import {
  LOADED_MODEL,
  OVERRIDE,
  REGIONS,
  SHARED_MEMORY_BYTES,
  SHARED_MEMORY_KEY,
} from './endpoint-cases.mjs';
import { mutatedJson } from './json-mutation.mjs';
import { field, framed, mutatedMessage, tag, text, varint, whole } from './protobuf.mjs';

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
    goodButOneCall,
    goodButOneCall,
    mutatedInferCall,
    streamCall,
    managementCall,
    managementCall,
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
    body: framed(
      random.pick([
        random.mutate(inferMessage(random)),
        mutatedMessage(inferMessage(random), random),
      ]),
    ),
  };
}

/** A request that is right but for one field, or one of its fields' fields. */
function goodButOneCall(random) {
  const [model, datatype, shape, raw] = random.pick([
    ['identity_rows', 'FP32', [2, 4], Buffer.alloc(32, 1)],
    ['identity_bytes', 'BYTES', [2], Buffer.from('03000000746561020000006f6b', 'hex')],
    ['sequence_sum', 'INT32', [1, 1], Buffer.from([1, 0, 0, 0])],
    ['classify', 'FP32', [1, 4], Buffer.alloc(16)],
    ['identity_rows', 'FP32', [1, 16], undefined],
  ]);
  const dims = field(3, Buffer.concat(shape.map(varint)));
  const region = entry(4, 'shared_memory_region', text(3, REGIONS[0]));
  const place = Buffer.concat([region, entry(4, 'shared_memory_byte_size', whole(2, 64))]);
  const input = [text(1, 'INPUT0'), text(2, datatype), dims, raw ? Buffer.alloc(0) : place];
  const message = Buffer.concat([
    text(1, model),
    text(2, '1'),
    text(3, 'fuzz'),
    entry(4, 'sequence_id', whole(2, 9)),
    entry(4, 'sequence_start', whole(1, 1)),
    entry(4, 'sequence_end', whole(1, 1)),
    field(5, Buffer.concat(input)),
    field(6, Buffer.concat([text(1, 'OUTPUT0'), entry(2, 'classification', whole(2, 2))])),
    ...(raw ? [field(7, raw)] : []),
  ]);
  return { body: framed(random.chance(0.9) ? mutatedMessage(message, random) : message) };
}

/** Several requests in one stream, of which some are right. */
function streamCall(random) {
  const messages = Array.from({ length: 1 + random.below(6) }, () => {
    const good = Buffer.concat([
      text(1, 'repeat'),
      entry(4, 'triton_enable_empty_final_response', whole(1, 1)),
      field(5, Buffer.concat([text(1, 'N'), text(2, 'INT32'), field(3, varint(1))])),
      field(7, Buffer.from([random.below(20), 0, 0, 0])),
    ]);
    return framed(random.chance(0.5) ? mutatedMessage(good, random) : good);
  });
  return {
    path: '/inference.GRPCInferenceService/ModelStreamInfer',
    body: Buffer.concat(messages),
  };
}

/** An entry of a map, whose value is a message. */
function entry(number, key, value) {
  return field(number, Buffer.concat([text(1, key), field(2, value)]));
}

/** Messages of the other methods, right as they are. */
const MANAGEMENT = {
  LogSettings: () =>
    Buffer.concat([
      entry(1, 'log_info', whole(1, 1)),
      entry(1, 'log_verbose_level', whole(2, 0)),
      entry(1, 'log_format', text(3, 'default')),
    ]),
  TraceSetting: (random) =>
    Buffer.concat([
      entry(1, 'trace_level', Buffer.concat([text(1, 'TIMESTAMPS'), text(1, 'TENSORS')])),
      entry(1, 'trace_rate', text(1, '1000')),
      entry(1, 'trace_count', Buffer.alloc(0)),
      text(2, random.pick(['', 'add_sub', 'nope'])),
    ]),
  SystemSharedMemoryRegister: (random) =>
    Buffer.concat([
      text(1, random.pick(REGIONS)),
      text(2, SHARED_MEMORY_KEY),
      whole(3, 0),
      whole(4, SHARED_MEMORY_BYTES),
    ]),
  SystemSharedMemoryUnregister: (random) => text(1, random.pick(REGIONS)),
  SystemSharedMemoryStatus: (random) => text(1, random.pick([...REGIONS, ''])),
  CudaSharedMemoryRegister: (random) =>
    Buffer.concat([text(1, random.pick(REGIONS)), field(2, Buffer.alloc(64)), whole(4, 64)]),
  RepositoryModelLoad: (random) =>
    Buffer.concat([
      text(2, LOADED_MODEL),
      entry(3, 'config', text(3, mutatedJson(OVERRIDE, random))),
      entry(3, 'file:1/model.bin', field(4, random.bytes(20))),
    ]),
  RepositoryModelUnload: () =>
    Buffer.concat([text(2, LOADED_MODEL), entry(3, 'unload_dependents', whole(1, 1))]),
  RepositoryIndex: () => whole(2, 1),
  ModelStatistics: () => Buffer.concat([text(1, 'add_sub'), text(2, '1')]),
  ModelConfig: () => Buffer.concat([text(1, 'add_sub'), text(2, '1')]),
};

function managementCall(random) {
  const [method, make] = random.pick(Object.entries(MANAGEMENT));
  const message = make(random);
  return {
    path: `/inference.GRPCInferenceService/${method}`,
    body: framed(random.chance(0.8) ? mutatedMessage(message, random) : message),
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
