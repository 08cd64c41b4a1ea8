import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isInferError, NEVER_CANCELLED } from '@nereid/core';
import { FakeSharedMemory } from '@nereid/testing';
import protobuf from 'protobufjs';
import { completeInferRequest, type InferRequestContext } from './infer-request.js';
import { readInferRequestMessage } from './infer-request-message.js';

const PROTOS = fileURLToPath(new URL('../../../../protos/', import.meta.url));

/**
 * protobufjs reads the same definitions independently: what it writes has to be understood here.
 */
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith(PROTOS) ? target : PROTOS + target);
root.loadSync('grpc_service.proto');
const RequestType = root.lookupType('inference.ModelInferRequest');
const ContentsType = root.lookupType('inference.InferTensorContents');

const CONTEXT: InferRequestContext = {
  config: { input: [] },
  signal: NEVER_CANCELLED,
  sharedMemory: new FakeSharedMemory(),
};

function bytesOf(message: object): Buffer {
  return Buffer.from(RequestType.encode(RequestType.fromObject(message)).finish());
}

function complete(message: object, context: Partial<InferRequestContext> = {}) {
  return completeInferRequest(readInferRequestMessage(bytesOf(message)), {
    ...CONTEXT,
    ...context,
  });
}

function errorOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(isInferError(error), String(error));
    return `${error.code}: ${error.message}`;
  }
  return 'no error';
}

function input(extra: object = {}): object {
  return { name: 'INPUT0', datatype: 'FP32', shape: [1, 2], ...extra };
}

function withParameter(key: string, value: object): object {
  return {
    modelName: 'm',
    parameters: { [key]: value },
    inputs: [input()],
    rawInputContents: [Buffer.alloc(8)],
  };
}

describe('completeInferRequest', () => {
  it('hands out raw contents as views into the message', () => {
    const bytes = bytesOf({
      modelName: 'm',
      modelVersion: '3',
      id: 'r',
      inputs: [input()],
      outputs: [{ name: 'OUTPUT0' }],
      rawInputContents: [Buffer.from([1, 2, 3, 4, 5, 6, 7, 8])],
    });
    const { request } = completeInferRequest(readInferRequestMessage(bytes), CONTEXT);
    assert.equal(request.modelName, 'm');
    assert.equal(request.modelVersion, 3);
    assert.equal(request.id, 'r');
    assert.deepEqual(request.inputs[0]?.shape, [1, 2]);
    assert.equal(request.inputs[0]?.datatype, 'FP32');
    assert.equal(request.inputs[0]?.data.buffer, bytes.buffer);
    assert.deepEqual([...(request.inputs[0]?.data ?? [])], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual(
      request.requestedOutputs.map((each) => [each.name, each.classificationCount]),
      [['OUTPUT0', 0]],
    );
  });

  it('pairs raw contents with the inputs in order and ignores surplus ones', () => {
    const { request } = complete({
      inputs: [input({ name: 'A' }), input({ name: 'B' })],
      rawInputContents: [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')],
    });
    assert.deepEqual(
      request.inputs.map((each) => Buffer.from(each.data).toString()),
      ['a', 'b'],
    );
  });

  it('sorts out sequence, priority, timeout and custom parameters without losing precision', () => {
    const { request, emptyFinalResponse } = complete({
      ...withParameter('sequence_id', { int64Param: '-1' }),
      parameters: {
        sequence_id: { int64Param: '-1' },
        sequence_start: { boolParam: true },
        priority: { uint64Param: 2 },
        timeout: { int64Param: 5000 },
        triton_enable_empty_final_response: { boolParam: true },
        big: { int64Param: '9007199254740993' },
        text: { stringParam: 'ü' },
        half: { doubleParam: 0.5 },
        flag: { boolParam: false },
      },
    });
    assert.deepEqual(request.sequence, {
      correlationId: 18446744073709551615n,
      start: true,
      end: false,
    });
    assert.equal(request.priority, 2);
    assert.equal(request.timeoutUs, 5000);
    assert.equal(emptyFinalResponse, true);
    assert.deepEqual(
      new Map(request.parameters),
      new Map<string, unknown>([
        ['big', 9007199254740993n],
        ['text', 'ü'],
        ['half', 0.5],
        ['flag', false],
      ]),
    );
  });

  it('takes no correlation ID, zero and the empty string for no sequence', () => {
    assert.equal(complete({ inputs: [] }).request.sequence, undefined);
    const zero = { parameters: { sequence_id: { int64Param: 0 } } };
    assert.equal(complete(zero).request.sequence, undefined);
    const empty = { parameters: { sequence_id: { stringParam: '' } } };
    assert.equal(complete(empty).request.sequence, undefined);
  });

  it('adds parameters forwarded from the metadata', () => {
    const forwarded = new Map([['x-user', 'me']]);
    const { request } = complete(withParameter('n', { int64Param: 1 }), { forwarded });
    assert.deepEqual(
      [...request.parameters],
      [
        ['n', 1n],
        ['x-user', 'me'],
      ],
    );
  });

  const wrongParameters: readonly [string, object, string][] = [
    ['sequence_id', { boolParam: true }, 'int64_param or string_param.'],
    ['sequence_start', { int64Param: 1 }, 'bool_param.'],
    ['sequence_end', { stringParam: 'x' }, 'bool_param.'],
    ['priority', { stringParam: 'x' }, 'int64_param or uint64_param.'],
    ['timeout', { uint64Param: 1 }, 'int64_param.'],
    ['triton_enable_empty_final_response', { int64Param: 1 }, 'bool_param.'],
    ['u', { uint64Param: 7 }, 'int64_param, bool_param, or string_param.'],
    ['nothing', {}, 'int64_param, bool_param, or string_param.'],
  ];
  for (const [key, value, expected] of wrongParameters) {
    it(`refuses ${JSON.stringify(value)} as '${key}'`, () => {
      assert.equal(
        errorOf(() => complete(withParameter(key, value))),
        `INVALID_ARG: invalid value type for '${key}' parameter, expected ${expected}`,
      );
    });
  }

  it('refuses a negative priority and reserved names', () => {
    assert.equal(
      errorOf(() => complete(withParameter('priority', { int64Param: -1 }))),
      "INVALID_ARG: invalid value for 'priority', expected value >= 0.",
    );
    assert.equal(
      errorOf(() => complete(withParameter('triton_x', { int64Param: 1 }))),
      "INVALID_ARG: parameter keys starting with 'triton_' are reserved for Triton usage. " +
        "Only the following keys starting with 'triton_' are allowed: " +
        'triton_enable_empty_final_response',
    );
  });

  it('refuses an input without data and one with two sources of data', () => {
    assert.equal(
      errorOf(() => complete({ modelName: 'm', inputs: [input()] })),
      "INVALID_ARG: unable to find data for input tensor 'INPUT0' for model 'm' in request.",
    );
    const both = {
      modelName: 'm',
      inputs: [input({ contents: { fp32Contents: [1] } })],
      rawInputContents: [Buffer.alloc(4)],
    };
    assert.equal(
      errorOf(() => complete(both)),
      'INVALID_ARG: contents field must not be specified when using raw_input_contents for ' +
        "'INPUT0' for model 'm'",
    );
  });

  it('names the datatype that the model expects instead of an unknown one', () => {
    const message = {
      modelName: 'm',
      inputs: [input({ datatype: 'FP31' })],
      rawInputContents: [Buffer.alloc(8)],
    };
    const configured = { name: 'INPUT0', dataType: 'TYPE_STRING' };
    const config = { input: [configured] } as unknown as InferRequestContext['config'];
    assert.equal(
      errorOf(() => complete(message, { config })),
      "INVALID_ARG: [request id: <id_unknown>] inference input 'INPUT0' data-type " +
        "is '<invalid>', but model 'm' expects 'BYTES'",
    );
    assert.equal(
      errorOf(() => complete(message)),
      "INVALID_ARG: unexpected inference input 'INPUT0' for model 'm'",
    );
  });

  it('refuses open and impossible dimensions', () => {
    const shaped = (shape: unknown[]) => ({
      modelName: 'm',
      id: 'a',
      inputs: [input({ shape })],
      rawInputContents: [Buffer.alloc(8)],
    });
    assert.equal(
      errorOf(() => complete(shaped([1, -1]))),
      'INVALID_ARG: [request id: a] All input dimensions should be specified for input ' +
        "'INPUT0' for model 'm', got [1,-1]",
    );
    assert.match(
      errorOf(() => complete(shaped(['9223372036854775807']))),
      /^INVALID_ARG: invalid shape for input 'INPUT0'/,
    );
  });

  it('limits the number of dimensions', () => {
    const shape = new Array(1025).fill(1);
    assert.equal(
      errorOf(() => complete({ inputs: [input({ shape })] })),
      'INVALID_ARG: request has more than 1024 dimensions in a shape',
    );
  });

  it('reads the classification of a requested output', () => {
    const message = {
      inputs: [],
      outputs: [{ name: 'O', parameters: { classification: { int64Param: 3 } } }],
    };
    assert.equal(complete(message).request.requestedOutputs[0]?.classificationCount, 3);
    const wrong = (classification: object) => ({
      inputs: [],
      outputs: [{ name: 'O', parameters: { classification } }],
    });
    assert.equal(
      errorOf(() => complete(wrong({ stringParam: '2' }))),
      "INVALID_ARG: invalid value type for 'classification' parameter, expected int64_param",
    );
    assert.equal(
      errorOf(() => complete(wrong({ int64Param: 0 }))),
      "INVALID_ARG: invalid value for 'classification' parameter, expected >= 0",
    );
  });

  const PLACEMENT = {
    shared_memory_region: { stringParam: 'r' },
    shared_memory_byte_size: { int64Param: 4 },
    shared_memory_offset: { int64Param: 2 },
  };

  function regionOf(text: string): FakeSharedMemory {
    const memory = new FakeSharedMemory();
    memory.objects.set('/k', Buffer.from(text));
    memory.register({ name: 'r', key: '/k', offset: 0, sizeBytes: text.length });
    return memory;
  }

  it('claims where inputs and outputs are in shared memory', () => {
    const memory = regionOf('..data..');
    const message = {
      inputs: [input({ parameters: PLACEMENT })],
      outputs: [{ name: 'OUTPUT0', parameters: PLACEMENT }],
      // An entry for an input that is in shared memory is ignored.
      rawInputContents: [Buffer.alloc(1)],
    };
    const { request, sharedMemory } = complete(message, { sharedMemory: memory });
    assert.equal(memory.claimCount, 2);
    assert.equal(sharedMemory?.load(), undefined);
    assert.equal(Buffer.from(request.inputs[0]?.data ?? []).toString(), 'data');
    sharedMemory?.release();
    assert.equal(memory.claimCount, 0);
  });

  it('claims nothing when a later part of the request is wrong', () => {
    const memory = regionOf('..data..');
    const parameters = { ...PLACEMENT, shared_memory_region: { stringParam: 'zz' } };
    const inputs = [input({ parameters: PLACEMENT }), input({ parameters })];
    assert.equal(
      errorOf(() => complete({ inputs }, { sharedMemory: memory })),
      "NOT_FOUND: Unable to find shared memory region: 'zz'",
    );
    assert.equal(memory.claimCount, 0);
  });

  it('has nothing to do with shared memory unless the request asks for it', () => {
    const message = { inputs: [input()], rawInputContents: [Buffer.alloc(8)] };
    assert.equal(complete(message).sharedMemory, undefined);
  });

  const placements: readonly [object, string][] = [
    [
      { shared_memory_region: { int64Param: 1 } },
      "invalid value type for 'shared_memory_region' parameter for tensor 'INPUT0', " +
        'expected string_param.',
    ],
    [
      { shared_memory_region: { stringParam: 'r' } },
      "'shared_memory_byte_size' must be specified along with 'shared_memory_region' " +
        "parameter for tensor 'INPUT0'",
    ],
    [
      { shared_memory_offset: { int64Param: 1 } },
      "'shared_memory_offset' can not be specified without 'shared_memory_region' " +
        "parameter for tensor 'INPUT0'",
    ],
    [
      {
        shared_memory_region: { stringParam: 'r' },
        shared_memory_byte_size: { uint64Param: 1 },
      },
      "invalid value type for 'shared_memory_byte_size' parameter for tensor 'INPUT0', " +
        'expected int64_param.',
    ],
  ];
  for (const [parameters, text] of placements) {
    it(`refuses the placement ${JSON.stringify(parameters)}`, () => {
      const message = { inputs: [input({ parameters })], rawInputContents: [Buffer.alloc(1)] };
      assert.equal(
        errorOf(() => complete(message)),
        `INVALID_ARG: ${text}`,
      );
    });
  }
});

function dataOf(datatype: string, contents: object): Buffer {
  const message = { modelName: 'm', inputs: [{ name: 'I', datatype, shape: [1], contents }] };
  return Buffer.from(complete(message).request.inputs[0]?.data ?? []);
}

describe('typed contents', () => {
  const cases: readonly [string, object, ArrayBufferView][] = [
    ['BOOL', { boolContents: [true, false, true] }, Uint8Array.of(1, 0, 1)],
    ['INT8', { intContents: [-1, 127, 256] }, Int8Array.of(-1, 127, 0)],
    ['INT16', { intContents: [-2, 70000] }, Int16Array.of(-2, 4464)],
    ['INT32', { intContents: [-3, 2147483647] }, Int32Array.of(-3, 2147483647)],
    ['UINT8', { uintContents: [255, 257] }, Uint8Array.of(255, 1)],
    ['UINT16', { uintContents: [65535, 65536] }, Uint16Array.of(65535, 0)],
    ['UINT32', { uintContents: [4294967295] }, Uint32Array.of(4294967295)],
    ['FP32', { fp32Contents: [0.5, -1.25] }, Float32Array.of(0.5, -1.25)],
    ['FP64', { fp64Contents: [0.1] }, Float64Array.of(0.1)],
    [
      'INT64',
      { int64Contents: ['-9223372036854775808', '9007199254740993', 1] },
      BigInt64Array.of(-9223372036854775808n, 9007199254740993n, 1n),
    ],
    [
      'UINT64',
      { uint64Contents: ['18446744073709551615'] },
      BigUint64Array.of(18446744073709551615n),
    ],
    [
      'BYTES',
      { bytesContents: [Buffer.from('ab'), Buffer.alloc(0)] },
      Buffer.from([2, 0, 0, 0, 97, 98, 0, 0, 0, 0]),
    ],
  ];
  for (const [datatype, contents, expected] of cases) {
    it(`become the data of a ${datatype} tensor`, () => {
      const wanted = Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength);
      assert.deepEqual(dataOf(datatype, contents), wanted);
    });
  }

  it('give no data when empty', () => {
    assert.equal(dataOf('FP32', {}).length, 0);
    assert.equal(dataOf('FP16', {}).length, 0);
  });

  it('are refused in the wrong field', () => {
    assert.equal(
      errorOf(() => dataOf('FP32', { intContents: [1] })),
      "INVALID_ARG: unexpected explicit tensor data for input tensor 'I' for model 'm' of type " +
        "'INT32', expected datatype 'FP32'",
    );
    assert.match(
      errorOf(() => dataOf('FP16', { fp32Contents: [1] })),
      /of type 'FP32', expected datatype 'FP16'$/,
    );
  });

  it('are refused in two fields', () => {
    assert.equal(
      errorOf(() => dataOf('INT32', { intContents: [1], fp64Contents: [1] })),
      "INVALID_ARG: unexpected explicit tensor data for input tensor 'I' for model 'm', " +
        'binary data was already supplied.',
    );
  });

  it('may come packed, singly and in several messages', () => {
    // One number by itself, then two packed, then the whole message once more.
    const single = Buffer.from([(6 << 3) | 5, 0, 0, 0x80, 0x3f]);
    const packed = Buffer.from(
      ContentsType.encode(ContentsType.fromObject({ fp32Contents: [2, 3] })).finish(),
    );
    const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0x2a, bytes.length]), bytes]);
    const description = Buffer.from([0x0a, 1, 0x49, 0x12, 4, ...Buffer.from('FP32')]);
    const body = Buffer.concat([
      description,
      field(Buffer.concat([single, packed])),
      field(single),
    ]);
    const message = Buffer.concat([Buffer.from([0x2a, body.length]), body]);
    const { request } = completeInferRequest(readInferRequestMessage(message), CONTEXT);
    const expected = Float32Array.of(1, 2, 3, 1);
    assert.deepEqual(Buffer.from(request.inputs[0]?.data ?? []), Buffer.from(expected.buffer));
  });
});
