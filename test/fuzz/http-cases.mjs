/** Random and mutated HTTP requests. */

import { LOADED_MODEL, makeEndpointCase, REGIONS } from './endpoint-cases.mjs';
import { makeFramingCase } from './framing-cases.mjs';
import { message, unsure, whole } from './http-message.mjs';
import { anyValue, mutatedJson } from './json-mutation.mjs';

const DATATYPES = ['FP32', 'INT32', 'INT64', 'FP16', 'BF16', 'BOOL', 'BYTES', 'UINT8', 'FP8', ''];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'post', 'BREW'];
const PATHS = [
  '/v2',
  '/v2/health/live',
  '/v2/health/ready',
  '/v2/models/stats',
  '/v2/models/add_sub',
  '/v2/models/add_sub/config',
  '/v2/models/add_sub/stats',
  '/v2/models/add_sub/ready',
  '/v2/models/add_sub/versions/1',
  '/v2/models/add_sub/versions/99999999999999999999',
  '/v2/models/add_sub/infer',
  '/v2/models/add_sub/generate',
  '/v2/models/nope/infer',
  '/v2/repository/index',
  '/v2/repository/models/nope/load',
  '/v2/logging',
  '/v2/trace/setting',
  '/v2/systemsharedmemory/status',
  '/v2/cudasharedmemory/status',
  '/metrics',
];

const ADD_SUB = {
  id: 'fuzz',
  inputs: [
    { name: 'INPUT0', datatype: 'INT32', shape: [1, 16], data: Array(16).fill(1) },
    { name: 'INPUT1', datatype: 'INT32', shape: [1, 16], data: [Array(16).fill(2)] },
  ],
  outputs: [{ name: 'OUTPUT0', parameters: { binary_data: false } }],
  parameters: { priority: 1, timeout: 1000000, custom: 'x' },
};
const TEXT = {
  inputs: [{ name: 'INPUT0', datatype: 'BYTES', shape: [1, 2], data: ['tea', 'k\u00e4se'] }],
};
const CLASSES = {
  inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }],
  outputs: [{ name: 'OUTPUT0', parameters: { classification: 2 } }],
};
/** A tensor of 64 bytes that lies in shared memory, and one that goes there. */
const SHARED = {
  inputs: [
    {
      name: 'INPUT0',
      datatype: 'FP32',
      shape: [1, 16],
      parameters: { shared_memory_region: REGIONS[0], shared_memory_byte_size: 64 },
    },
  ],
  outputs: [
    {
      name: 'OUTPUT0',
      parameters: {
        shared_memory_region: REGIONS[1],
        shared_memory_byte_size: 64,
        shared_memory_offset: 128,
      },
    },
  ],
};
const STEP = {
  inputs: [{ name: 'INPUT0', datatype: 'INT32', shape: [1, 1], data: [5] }],
  parameters: { sequence_id: 42, sequence_start: true, sequence_end: true },
};

/**
 * One request: its bytes, and whether they are a whole request, to which an answer must come. Of
 * anything else it is only asked that the connection does not hang.
 */
export function makeHttpCase(random) {
  return random.pick([
    jsonCase,
    jsonCase,
    binaryCase,
    binaryCase,
    headerLengthCase,
    pathCase,
    framingCase,
    framingCase,
    chunkedCase,
    garbageCase,
    makeEndpointCase,
    makeEndpointCase,
    makeEndpointCase,
  ])(random);
}

function jsonCase(random) {
  const [model, document] = random.pick([
    ['add_sub', ADD_SUB],
    ['identity_bytes', TEXT],
    ['classify', CLASSES],
    ['identity_rows', SHARED],
    ['sequence_sum', STEP],
    [LOADED_MODEL, SHARED],
  ]);
  let body = Buffer.from(mutatedJson(document, random));
  if (random.chance(0.2)) body = random.mutate(body);
  return whole(message('POST', `/v2/models/${model}/infer`, { body }));
}

/** Tensors as binary data, whose sizes, shapes and types seldom agree. */
function binaryCase(random) {
  const data = random.bytes(random.pick([0, 1, 4, 63, 64, 65, 128, 1000]));
  const size = random.chance(0.5) ? data.length : random.pick([0, 4, 64, -1, 2 ** 40, '64', null]);
  const datatype = random.chance(0.5) ? 'FP32' : random.pick(DATATYPES);
  const document = {
    inputs: [
      {
        name: 'INPUT0',
        datatype,
        shape: random.pick([[1, 16], [16], [1, 250], [-1, 16], [], [0, 16], [2 ** 40, 2 ** 40]]),
        parameters: { binary_data_size: size },
      },
    ],
    outputs: [{ name: 'OUTPUT0', parameters: { binary_data: random.chance(0.5) } }],
  };
  const text = random.chance(0.3) ? mutatedJson(document, random) : JSON.stringify(document);
  const json = Buffer.from(text);
  const model = random.pick(['identity_rows', 'identity_fp32', 'identity_bytes', 'identity_bool']);
  return whole(
    message('POST', `/v2/models/${model}/infer`, {
      body: Buffer.concat([json, data]),
      headers: { 'Inference-Header-Content-Length': json.length },
    }),
  );
}

function headerLengthCase(random) {
  const body = Buffer.from(JSON.stringify(random.pick([ADD_SUB, TEXT])));
  const length = random.pick([0, 1, -1, body.length + 1, 2 ** 53, 'abc', '1e3', '', ' 5 ', '0x10']);
  return whole(
    message('POST', `/v2/models/${random.pick(['add_sub', 'identity_fp32'])}/infer`, {
      body,
      headers: { 'Inference-Header-Content-Length': length },
    }),
  );
}

function pathCase(random) {
  const path = random.chance(0.5)
    ? random.pick(PATHS)
    : random.pick([
        () => `/${encodeURI(random.text(40))}`,
        () => `/v2/models/${encodeURIComponent(random.text(20))}/infer`,
        () => `/v2/models/${'x'.repeat(random.below(3000))}`,
        () => `/v2/models/%00%ff%2e%2e%2f/versions/${random.below(10)}`,
        () => '/v2/models/../../../etc/passwd/infer',
        () => `${random.pick(PATHS)}/`,
        () => `${random.pick(PATHS)}?${encodeURI(random.text(20))}`,
        () => `//${random.pick(PATHS)}`,
      ])();
  const method = random.pick(METHODS);
  const body = random.chance(0.5) ? Buffer.from(JSON.stringify(anyValue(random))) : undefined;
  const bytes = message(method, path, { body });
  // A method that HTTP does not know may end the connection without an answer.
  return method === 'post' || method === 'BREW' ? unsure(bytes) : whole(bytes);
}

function framingCase(random) {
  return makeFramingCase(Buffer.from(JSON.stringify(ADD_SUB)), random);
}

function chunkedCase(random) {
  const body = Buffer.from(JSON.stringify(ADD_SUB));
  const parts = [];
  for (let offset = 0; offset < body.length; ) {
    const size = 1 + random.below(200);
    const chunk = body.subarray(offset, offset + size);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    offset += size;
  }
  parts.push(Buffer.from('0\r\n\r\n'));
  const head =
    'POST /v2/models/add_sub/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
  const content = Buffer.concat(parts);
  const broken = random.chance(0.7);
  const bytes = Buffer.concat([Buffer.from(head), broken ? random.mutate(content) : content]);
  return broken ? unsure(bytes) : whole(bytes);
}

function garbageCase(random) {
  if (random.chance(0.3)) return unsure(random.bytes(1 + random.below(2000)));
  const body = Buffer.from(JSON.stringify(ADD_SUB));
  return unsure(random.mutate(message('POST', '/v2/models/add_sub/infer', { body })));
}
