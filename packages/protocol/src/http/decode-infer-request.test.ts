import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DataType, NEVER_CANCELLED, splitBytesElements } from '@nereid/core';
import { FakeSharedMemory } from '@nereid/testing';
import { decodeInferRequest, type HttpInferCall } from './decode-infer-request.js';
import { placeOfOutput } from './output-plan.js';

const NUMBERS = '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]';
const INPUT = `{"name":"INPUT0","shape":[1,16],"datatype":"FP32","data":${NUMBERS}}`;

function decode(body: string | Uint8Array, parts: Partial<HttpInferCall> = {}) {
  return decodeInferRequest({
    modelName: 'm',
    modelVersion: undefined,
    inferenceHeaderLength: undefined,
    body: Buffer.from(body),
    maxInputSizeBytes: 64 * 1024 * 1024,
    forwardedHeaders: [],
    signal: NEVER_CANCELLED,
    sharedMemory: new FakeSharedMemory(),
    ...parts,
  });
}

/** Decodes JSON followed by binary data. */
function decodeBinary(json: string, tail: Uint8Array) {
  const body = Buffer.concat([Buffer.from(json), tail]);
  const parts = { body, inferenceHeaderLength: String(json.length) };
  const decoded = decode(body, parts);
  // The same text is not read a second time.
  assert.deepEqual(decode(body, parts), decoded);
  return { ...decoded, body };
}

/** The data of the one input that has these members. */
function decodeData(datatype: DataType, shape: string, data: string): Uint8Array {
  const input = `{"name":"x","datatype":"${datatype}","shape":${shape},"data":${data}}`;
  const [tensor] = decode(`{"inputs":[${input}]}`).request.inputs;
  assert(tensor !== undefined);
  return new Uint8Array(tensor.data);
}

function bytesOf(elements: ArrayBufferView): Uint8Array {
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
}

describe('a JSON request', () => {
  it('becomes a request with everything that it says', () => {
    const { request } = decode(
      '{"id": "abc", "parameters": {"priority": 1, "timeout": 1000000, "custom_s": "v", ' +
        '"custom_i": 3, "custom_b": true, "custom_d": 1.5, "sequence_id": 77, ' +
        `"sequence_start": true}, "inputs": [${INPUT}], "outputs": [{"name": "OUTPUT0", ` +
        '"parameters": {"classification": 2}}]}',
      { modelVersion: 3, forwardedHeaders: [['X-Foo', 'bar']] },
    );
    assert.deepEqual(
      {
        ...request,
        parameters: [...request.parameters],
        inputs: request.inputs.map(({ data, ...rest }) => rest),
        requestedOutputs: request.requestedOutputs.map((output) => output.classificationCount),
      },
      {
        modelName: 'm',
        modelVersion: 3,
        id: 'abc',
        inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [1, 16] }],
        requestedOutputs: [2],
        sequence: { correlationId: 77n, start: true, end: false },
        priority: 1,
        timeoutUs: 1_000_000,
        parameters: [
          ['custom_s', 'v'],
          ['custom_i', 3n],
          ['custom_b', true],
          ['custom_d', 1.5],
          ['X-Foo', 'bar'],
        ],
        signal: NEVER_CANCELLED,
      },
    );
  });

  it('gives the data of every datatype', () => {
    const cases: readonly (readonly [DataType, string, ArrayBufferView])[] = [
      ['BOOL', '[true, false]', Uint8Array.of(1, 0)],
      ['UINT8', '[0,255]', Uint8Array.of(0, 255)],
      ['UINT16', '[0,65535]', Uint16Array.of(0, 65535)],
      ['UINT32', '[0,4294967295]', Uint32Array.of(0, 4294967295)],
      ['UINT64', '[5,18446744073709551615]', BigUint64Array.of(5n, 18446744073709551615n)],
      ['INT8', '[-128,127]', Int8Array.of(-128, 127)],
      ['INT16', '[-32768,32767]', Int16Array.of(-32768, 32767)],
      ['INT32', '[-2147483648,2147483647]', Int32Array.of(-2147483648, 2147483647)],
      ['INT64', '[-1,9007199254740993]', BigInt64Array.of(-1n, 9007199254740993n)],
      ['FP32', '[0.1,1e-45]', Float32Array.of(0.1, 1e-45)],
      ['FP64', '[-1e300,0.1]', Float64Array.of(-1e300, 0.1)],
    ];
    for (const [datatype, data, expected] of cases) {
      assert.deepEqual(decodeData(datatype, '[2]', data), bytesOf(expected), datatype);
    }
    assert.deepEqual(
      decodeData('INT64', '[2]', '[-9223372036854775808,9223372036854775807]'),
      bytesOf(BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
    );
  });

  it('wraps integers that are too large for the datatype, as Triton does', () => {
    assert.deepEqual(
      decodeData('INT32', '[5]', '[4294967297,2147483648,-9223372036854775808,-0,-1]'),
      bytesOf(Int32Array.of(1, -2147483648, 0, 0, -1)),
    );
    assert.deepEqual(decodeData('UINT8', '[1]', '[18446744073709551615]'), Uint8Array.of(255));
  });

  it('takes nested data of any form, NaN and infinities', () => {
    const data = '[[0,1.5],[ 2 , [NaN,-Infinity]],-0.0,Inf]';
    assert.deepEqual(
      decodeData('FP32', '[7]', data),
      bytesOf(Float32Array.of(0, 1.5, 2, Number.NaN, -1 / 0, -0, 1 / 0)),
    );
  });

  it('gives strings as UTF-8 bytes', () => {
    const data = decodeData(
      'BYTES',
      '[6]',
      '["a","h\\u00e9llo","","q\\"\\n\\/","\\ud83d\\ude00","é"]',
    );
    assert.deepEqual(
      splitBytesElements(data).map((element) => Buffer.from(element).toString()),
      ['a', 'héllo', '', 'q"\n/', '😀', 'é'],
    );
    const long = 'x'.repeat(5000);
    const elements = splitBytesElements(decodeData('BYTES', '[2]', `["${long}","${long}y"]`));
    assert.deepEqual(
      elements.map((element) => element.length),
      [5000, 5001],
    );
  });

  it('reads data that comes before the members that describe it', () => {
    const input = '{"data":[[1,2],[3,4]],"shape":[2,2],"datatype":"INT8","name":"x"}';
    const { request } = decode(`{"outputs":[],"inputs":[${input}],"id":"i"}`);
    assert.deepEqual(request.inputs[0]?.data, Uint8Array.of(1, 2, 3, 4));
    assert.equal(request.id, 'i');
  });

  it('allows an empty tensor and no inputs', () => {
    assert.equal(decodeData('FP32', '[0,16]', '[]').length, 0);
    assert.deepEqual(decode('{"inputs":[]}').request.inputs, []);
  });

  it('keeps the first of two members of one name', () => {
    const { request } = decode(`{"id":"a","id":"b","inputs":[${INPUT}],"inputs":5}`);
    assert.deepEqual([request.id, request.inputs.length], ['a', 1]);
  });

  it('is told first where the data of an input lacks, whatever else is wrong with it', () => {
    const text = /^Input must set only one of the following fields: .* But no field is set$/;
    for (const members of ['"shape":"x"', '"shape":["a"]', '"datatype":5,"name":"I"', '"name":1']) {
      assert.throws(() => decode(`{"inputs":[{${members}}]}`), { message: text });
    }
    const both = '"name":1,"data":[1],"parameters":{"binary_data_size":4}';
    assert.throws(() => decode(`{"inputs":[{${both}}]}`), {
      message: /But set 'data' 'binary_data_size'$/,
    });
    assert.throws(() => decode('{"inputs":[{"name":1,"data":[1]}]}'), {
      message: /^Unable to parse 'name'/,
    });
  });

  it('does not look at the data of an empty tensor', () => {
    for (const [datatype, data] of [
      ['FP32', '[1,2]'],
      ['BYTES', '5'],
      ['FP16', '{}'],
    ]) {
      const input = `{"name":"I","shape":[1,0],"datatype":"${datatype}","data":${data}}`;
      const { request } = decode(`{"inputs":[${input}]}`);
      assert.equal(request.inputs[0]?.data.length, 0);
    }
  });

  it('is not harmed by hostile names', () => {
    const { request } = decode(
      `{"__proto__":{"id":"x"},"parameters":{"__proto__":"y"},"inputs":[${INPUT}]}`,
    );
    assert.equal(request.id, '');
    assert.deepEqual([...request.parameters], [['__proto__', 'y']]);
    assert.equal(Reflect.get({}, 'id'), undefined);
  });

  it('belongs to no sequence with the ID 0 or the empty one', () => {
    for (const id of ['0', '""']) {
      const { request } = decode(`{"parameters":{"sequence_id":${id}},"inputs":[]}`);
      assert.equal(request.sequence, undefined);
    }
  });

  it('may have strings as correlation IDs', () => {
    const { request } = decode(
      '{"parameters":{"sequence_id":"abc","sequence_end":true},"inputs":[]}',
    );
    assert.deepEqual(request.sequence, { correlationId: 'abc', start: false, end: true });
  });
});

describe('binary data', () => {
  const input = (name: string, size: number) =>
    `{"name":"${name}","shape":[${size}],"datatype":"UINT8",` +
    `"parameters":{"binary_data_size":${size}}}`;

  it('is a view of the body, input by input', () => {
    const plain = '{"name":"j","shape":[1],"datatype":"UINT8","data":[9]}';
    const json = `{"inputs":[${input('a', 3)},${plain},${input('b', 2)}]}`;
    const { request, body } = decodeBinary(json, Uint8Array.of(1, 2, 3, 4, 5));
    const [a, j, b] = request.inputs;
    assert.deepEqual([...(a?.data ?? [])], [1, 2, 3]);
    assert.deepEqual([...(j?.data ?? [])], [9]);
    assert.deepEqual([...(b?.data ?? [])], [4, 5]);
    assert.equal(a?.data.buffer, body.buffer, 'nothing was copied');
  });

  it('must be neither too short nor too long', () => {
    const json = `{"inputs":[${input('a', 3)}]}`;
    assert.throws(() => decodeBinary(json, Uint8Array.of(1)), {
      code: 'INVALID_ARG',
      message: "unexpected size for input 'a', expecting 2 additional bytes for model 'm'",
    });
    assert.throws(() => decodeBinary(json, Uint8Array.of(1, 2, 3, 4)), {
      code: 'INVALID_ARG',
      message: "unexpected additional input data for model 'm'",
    });
  });

  it('is not what a request without inputs is blamed for', () => {
    assert.throws(() => decodeBinary('{}', Uint8Array.of(1)), {
      code: 'INTERNAL',
      message: "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'",
    });
  });

  it('is wanted of outputs as they or the request say', () => {
    const { outputPlan } = decode(
      '{"inputs":[],"outputs":[{"name":"a","parameters":{"binary_data":false}},{"name":"b"},' +
        '{"name":"a","parameters":{"binary_data":true}}],"parameters":{"binary_data_output":true}}',
    );
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => placeOfOutput(outputPlan, name)),
      ['json', 'binary', 'binary'],
    );
    assert.equal(outputPlan.outputs.length, 2, 'an output asked for twice is sent once');
  });

  it('makes up the whole body of a raw request', () => {
    const body = Buffer.from([1, 2, 3]);
    const { request, outputPlan } = decode(body, { body, inferenceHeaderLength: '0' });
    assert.equal(request.rawInput, body);
    assert.equal(placeOfOutput(outputPlan, 'any'), 'binary');
    assert.equal(decode('abc', { inferenceHeaderLength: 'abc' }).request.rawInput?.length, 3);
    assert.equal(decode('').request.rawInput?.length, 0);
  });
});

describe('a request with tensors in shared memory', () => {
  const AT_2 = '"shared_memory_region":"r","shared_memory_offset":2,"shared_memory_byte_size":4';
  const WITHOUT_DATA = '"name":"INPUT0","shape":[1],"datatype":"FP32"';

  function memoryOf(text: string): FakeSharedMemory {
    const memory = new FakeSharedMemory();
    memory.objects.set('/k', Buffer.from(text));
    memory.register({ name: 'r', key: '/k', offset: 0, sizeBytes: text.length });
    return memory;
  }

  it('claims its places, and reads the inputs only when it is submitted', () => {
    const sharedMemory = memoryOf('..data..');
    const decoded = decode(
      `{"inputs":[{${WITHOUT_DATA},"parameters":{${AT_2}}}],` +
        `"outputs":[{"name":"a","parameters":{${AT_2}}},{"name":"b"}]}`,
      { sharedMemory },
    );
    assert.equal(sharedMemory.claimCount, 2);
    const [input] = decoded.request.inputs;
    assert.equal(input?.data.length, 0);
    assert.equal(decoded.sharedMemory?.load(), undefined);
    assert.equal(Buffer.from(input?.data ?? []).toString(), 'data');
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => placeOfOutput(decoded.outputPlan, name)),
      ['shared memory', 'json', 'json'],
    );
  });

  it('needs neither offset nor size, and takes the first of each', () => {
    const sharedMemory = memoryOf('data');
    const parameters =
      '"shared_memory_byte_size":1,"shared_memory_region":"r","shared_memory_byte_size":9,' +
      '"shared_memory_region":"z"';
    const body = `{"inputs":[{${WITHOUT_DATA},"parameters":{${parameters}}}]}`;
    const { request, sharedMemory: use } = decode(body, { sharedMemory });
    void use?.load();
    assert.equal(Buffer.from(request.inputs[0]?.data ?? []).toString(), 'd');
  });

  it('claims nothing for good when a later part of it is wrong', () => {
    const sharedMemory = memoryOf('..data..');
    const body = `{"inputs":[{${WITHOUT_DATA},"parameters":{${AT_2}}}],"outputs":[{}]}`;
    assert.throws(() => decode(body, { sharedMemory }), { code: 'INTERNAL' });
    assert.equal(sharedMemory.claimCount, 0);
  });

  it('has nothing to do with it unless a region is named', () => {
    const parameters = '{"shared_memory_offset":1,"shared_memory_byte_size":2}';
    const body = `{"inputs":[${INPUT.replace('}', `,"parameters":${parameters}}`)}]}`;
    assert.equal(decode(body).sharedMemory, undefined);
  });
});

describe('a bad request', () => {
  const withInput = (parts: Readonly<Record<string, string | undefined>>) => {
    const members = {
      name: '"INPUT0"',
      shape: '[1,16]',
      datatype: '"FP32"',
      data: NUMBERS as string | undefined,
      ...parts,
    };
    const written = Object.entries(members).filter(([, value]) => value !== undefined);
    return `{"inputs":[{${written.map(([name, value]) => `"${name}":${value}`).join(',')}}]}`;
  };
  const withParameters = (parameters: string) => `{"parameters":${parameters},"inputs":[${INPUT}]}`;
  const withOutput = (output: string) => `{"inputs":[${INPUT}],"outputs":[${output}]}`;
  const withOutputParameters = (parameters: string) =>
    withOutput(`{"name":"OUTPUT0","parameters":{${parameters}}}`);

  const SHM = '"shared_memory_region":"a","shared_memory_byte_size":64';
  const UNSIGNED = 'attempt to access JSON non-unsigned-integer as unsigned-integer';
  const SOURCES =
    "Input must set only one of the following fields: 'data', 'binary_data_size' in " +
    "'parameters', 'shared_memory_region' in 'parameters'.";
  const MISMATCH = "Unable to parse 'data': Shape does not match true shape of 'data' field";

  /** What a real Triton 2.51 answered to these bodies. */
  const RECORDED: readonly (readonly [string, string, string])[] = [
    [
      '[]',
      'INTERNAL',
      "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'",
    ],
    [
      '{}',
      'INTERNAL',
      "Unable to parse 'inputs': attempt to access non-existing object member 'inputs'",
    ],
    [
      '{"inputs":null}',
      'INTERNAL',
      "Unable to parse 'inputs': attempt to access JSON non-array as array",
    ],
    ['{"inputs":[5]}', 'INVALID_ARG', `${SOURCES} But no field is set`],
    [
      '{"id":5,"inputs":[]}',
      'INTERNAL',
      "Unable to parse 'id': attempt to access JSON non-string as string",
    ],
    [
      withParameters('[]'),
      'INTERNAL',
      'failed to get request params.: attempt to get members for non-object',
    ],
    [
      withInput({ name: undefined }),
      'INTERNAL',
      "Unable to parse 'name': attempt to access non-existing object member 'name'",
    ],
    [
      withInput({ name: '5' }),
      'INTERNAL',
      "Unable to parse 'name': attempt to access JSON non-string as string",
    ],
    [
      withInput({ datatype: undefined }),
      'INTERNAL',
      "Unable to parse 'datatype': attempt to access non-existing object member 'datatype'",
    ],
    [withInput({ datatype: '"FP99"' }), 'INVALID_ARG', 'invalid datatype for input INPUT0'],
    [withInput({ datatype: '"constructor"' }), 'INVALID_ARG', 'invalid datatype for input INPUT0'],
    [
      withInput({ shape: undefined }),
      'INTERNAL',
      "Unable to parse 'shape': attempt to access non-existing object member 'shape'",
    ],
    [
      withInput({ shape: '"x"' }),
      'INTERNAL',
      "Unable to parse 'shape': attempt to access JSON non-array as array",
    ],
    [withInput({ shape: '[1,-1]' }), 'INTERNAL', `Unable to parse 'shape': ${UNSIGNED}`],
    [withInput({ shape: '[1.5,16]' }), 'INTERNAL', `Unable to parse 'shape': ${UNSIGNED}`],
    [withInput({ data: undefined }), 'INVALID_ARG', `${SOURCES} But no field is set`],
    [
      withInput({ parameters: '{"binary_data_size":64}' }),
      'INVALID_ARG',
      `${SOURCES} But set 'data' 'binary_data_size'`,
    ],
    [
      withInput({ parameters: `{"binary_data_size":64,${SHM}}` }),
      'INVALID_ARG',
      `${SOURCES} But set 'data' 'binary_data_size' 'shared_memory_region'`,
    ],
    [
      withInput({ data: undefined, parameters: '{"binary_data_size":-1}' }),
      'INTERNAL',
      `Unable to parse 'binary_data_size': ${UNSIGNED}`,
    ],
    [
      withInput({ data: undefined, parameters: `{${SHM}}` }),
      'NOT_FOUND',
      "Unable to find shared memory region: 'a'",
    ],
    [
      withInput({ data: '5' }),
      'INTERNAL',
      "Unable to parse 'data': attempt to access JSON non-array as array",
    ],
    [
      withInput({ data: '[null]' }),
      'INTERNAL',
      "Unable to parse 'data': attempt to access JSON non-number as double",
    ],
    [withInput({ data: '[]' }), 'INTERNAL', MISMATCH],
    [withInput({ shape: '[1,15]' }), 'INTERNAL', MISMATCH],
    [withInput({ shape: '[2,16]', data: `[${NUMBERS},[0,1,2]]` }), 'INTERNAL', MISMATCH],
    [
      withInput({ datatype: '"INT32"', data: '[1.0]' }),
      'INTERNAL',
      "Unable to parse 'data': attempt to access JSON non-signed-integer as signed-integer",
    ],
    [
      withInput({ datatype: '"INT32"', data: '[NaN]' }),
      'INTERNAL',
      "Unable to parse 'data': attempt to access JSON non-signed-integer as signed-integer",
    ],
    [
      withInput({ datatype: '"INT64"', data: '[9223372036854775808]' }),
      'INTERNAL',
      "Unable to parse 'data': attempt to access JSON non-signed-integer as signed-integer",
    ],
    [
      withInput({ datatype: '"UINT8"', data: '[-1]' }),
      'INTERNAL',
      `Unable to parse 'data': ${UNSIGNED}`,
    ],
    [
      withInput({ datatype: '"UINT64"', data: '[18446744073709551616]' }),
      'INTERNAL',
      `Unable to parse 'data': ${UNSIGNED}`,
    ],
    [
      withInput({ datatype: '"BOOL"', data: '[1]' }),
      'INTERNAL',
      "Unable to parse 'data': attempt to access JSON non-boolean as boolean",
    ],
    [
      withInput({ datatype: '"BYTES"', data: '["a",5]' }),
      'INTERNAL',
      'Unable to parse JSON bytes array: attempt to access JSON non-string as string',
    ],
    [
      withInput({ datatype: '"FP16"' }),
      'INVALID_ARG',
      'receiving FP16 data via JSON is not supported. Please use the binary data format for ' +
        'input INPUT0',
    ],
    [withParameters('{"priority":"x"}'), 'INTERNAL', `Unable to parse 'priority': ${UNSIGNED}`],
    [withParameters('{"timeout":-1}'), 'INTERNAL', `Unable to parse 'timeout': ${UNSIGNED}`],
    [
      withParameters('{"sequence_id":-1}'),
      'INTERNAL',
      "Unable to parse 'sequence_id': attempt to access JSON non-string as string",
    ],
    [
      withParameters(`{"sequence_id":"${'x'.repeat(129)}"}`),
      'UNSUPPORTED',
      'string correlation ID cannot be longer than 128 characters',
    ],
    [
      withParameters('{"sequence_start":1}'),
      'INTERNAL',
      "Unable to parse 'sequence_start': attempt to access JSON non-boolean as boolean",
    ],
    [
      withParameters('{"triton_foo":1}'),
      'INVALID_ARG',
      "parameter keys starting with 'triton_' are reserved for Triton usage and should not " +
        'be specified.',
    ],
    [
      withParameters('{"x":null}'),
      'INVALID_ARG',
      "parameter 'x' has invalid type. It should be either 'int', 'bool', or 'string'.",
    ],
    [
      withOutput('{}'),
      'INTERNAL',
      "Unable to parse 'name': attempt to access non-existing object member 'name'",
    ],
    [
      '{"inputs":[],"outputs":{}}',
      'INTERNAL',
      "Unable to parse 'outputs': attempt to access JSON non-array as array",
    ],
    [
      withOutputParameters('"classification":"2"'),
      'INTERNAL',
      `Unable to set 'classification': ${UNSIGNED}`,
    ],
    [
      withOutputParameters('"binary_data":1'),
      'INTERNAL',
      "Unable to parse 'binary_data': attempt to access JSON non-boolean as boolean",
    ],
    [
      withOutputParameters(`${SHM},"classification":1`),
      'INVALID_ARG',
      "Output can't set both 'shared_memory_region' and 'classification'",
    ],
    [
      withOutputParameters(`${SHM},"binary_data":true`),
      'INVALID_ARG',
      "Output can't set both 'shared_memory_region' and 'binary_data'",
    ],
    [withOutputParameters(SHM), 'NOT_FOUND', "Unable to find shared memory region: 'a'"],
  ];

  it('is refused with the code and the words of Triton', () => {
    for (const [body, code, message] of RECORDED) {
      assert.throws(() => decode(body), { code, message }, body);
    }
  });

  it('is refused for its syntax first, wherever the problem lies', () => {
    const body = withInput({ data: '["a"' });
    assert.throws(() => decode(body), {
      code: 'INTERNAL',
      message:
        `failed to parse the request JSON buffer: Missing a comma or ']' after an ` +
        `array element. at ${body.length - 3}`,
    });
  });

  it('is refused for a JSON length outside of its body', () => {
    for (const length of ['100000', '-5']) {
      assert.throws(() => decode('{}', { inferenceHeaderLength: length }), {
        code: 'INVALID_ARG',
        message: `inference header size should be in range (0, 2), got: ${length}`,
      });
    }
  });

  it('is refused for a shape whose elements cannot be counted', () => {
    const refused: readonly (readonly [string, RegExp])[] = [
      [
        '[1,18446744073709551615]',
        /^invalid shape for input 'INPUT0': shape \[1,18446744073709551615\] causes total element/,
      ],
      [
        '[4294967296,4294967296]',
        /total element count to exceed maximum size of 9223372036854775807$/,
      ],
      [
        '[1,9223372036854775807]',
        /total element count to exceed maximum size of 9007199254740991$/,
      ],
      [
        '[1125899906842624,4096]',
        /element count \(4611686018427387904\) \* data type size \(4\) exceeds maximum allowed/,
      ],
      [
        '[1125899906842624]',
        /^JSON input 'INPUT0' has a byte_size \(4503599627370496 bytes\) that exceeds/,
      ],
    ];
    for (const [shape, message] of refused) {
      assert.throws(() => decode(withInput({ shape })), { code: 'INVALID_ARG', message });
    }
  });

  it('is refused beyond the maximum input size', () => {
    const body = withInput({});
    const limit = { maxInputSizeBytes: 20 };
    assert.throws(() => decode(body, limit), {
      code: 'INVALID_ARG',
      message:
        `Request JSON size of ${body.length} bytes exceeds the maximum allowed value of 20 ` +
        'bytes. Use --http-max-input-size to increase the limit.',
    });
    assert.throws(() => decode('x'.repeat(21), { ...limit, inferenceHeaderLength: '0' }), {
      message:
        /^Raw input has a byte_size \(21 bytes\) that exceeds the maximum allowed value of 20/,
    });
  });

  it('is refused quickly when it holds a million of anything', () => {
    const million = (text: string) => Array.from({ length: 1_000_000 }, () => text).join(',');
    assert.throws(() => decode(`{"inputs":[${million('{}')}]}`), { code: 'INVALID_ARG' });
    assert.throws(() => decode(`{"inputs":[],"outputs":[${million('{"name":"a"}')}]}`), {
      message: 'a request may have at most 65536 outputs',
    });
    assert.throws(() => decode(withInput({ data: `${'['.repeat(1e6)}` })), {
      message: 'JSON nesting depth exceeds maximum allowed limit (100)',
    });
  });
});
