import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DataType, InferenceResponse, Tensor } from '@nereid/core';
import { joinBytesElements } from '@nereid/core';
import { type EncodedInferResponse, InferResponseEncoder } from './infer-response-encoder.js';
import type { OutputPlan } from './output-plan.js';

const JSON_PLAN = { binaryByDefault: false, outputs: [] };
const BINARY_PLAN = { binaryByDefault: true, outputs: [] };

function response(
  outputs: readonly Tensor[],
  parts: Partial<InferenceResponse> = {},
): InferenceResponse {
  return {
    modelName: 'm',
    modelVersion: 1,
    id: '',
    parameters: new Map(),
    outputs,
    final: true,
    ...parts,
  };
}

function bodyOf(chunks: EncodedInferResponse['chunks']): Buffer {
  const bytes = chunks.map((each) =>
    typeof each === 'string' ? Buffer.from(each, 'latin1') : each,
  );
  return Buffer.concat(bytes);
}

function encode(from: InferenceResponse, plan: OutputPlan): EncodedInferResponse {
  const encoder = new InferResponseEncoder(from, plan);
  for (;;) {
    const encoded = encoder.step();
    if (encoded !== undefined) return encoded;
  }
}

function tensor(datatype: DataType, elements: ArrayBufferView, shape?: number[]): Tensor {
  const { buffer, byteOffset, byteLength } = elements;
  const data = new Uint8Array(buffer, byteOffset, byteLength);
  return { name: 'o', datatype, shape: shape ?? [data.length], data };
}

/** The text of the `data` array that the output becomes, one character per byte. */
function dataText(output: Tensor): string {
  const { chunks } = encode(response([output]), JSON_PLAN);
  const text = bodyOf(chunks).toString('latin1');
  return text.slice(text.indexOf('"data":') + '"data":'.length, -'}]}'.length);
}

describe('a response', () => {
  it('has nothing but name, datatype and shape of outputs that are in shared memory', () => {
    const outputs = [{ name: 'o', binary: undefined, inSharedMemory: true }];
    const output = tensor('FP32', new Float32Array(), [1, 2]);
    for (const binaryByDefault of [false, true]) {
      const encoded = encode(response([output]), { binaryByDefault, outputs });
      assert.equal(encoded.inferenceHeaderLength, undefined);
      assert.equal(
        bodyOf(encoded.chunks).toString(),
        '{"model_name":"m","model_version":"1","outputs":' +
          '[{"name":"o","datatype":"FP32","shape":[1,2]}]}',
      );
    }
  });

  it('has its members in the order of Triton', () => {
    const parameters = new Map<string, string | bigint | boolean | number>([
      ['sequence_id', 0n],
      ['sequence_start', false],
      ['d', 2],
      ['s', 'é"'],
    ]);
    const output = tensor('FP32', Float32Array.of(0, 1), [1, 2]);
    const encoded = encode(response([output], { id: 'abc', parameters }), JSON_PLAN);
    assert.equal(encoded.inferenceHeaderLength, undefined);
    assert.equal(
      bodyOf(encoded.chunks).toString(),
      '{"id":"abc","model_name":"m","model_version":"1","parameters":{"sequence_id":0,' +
        '"sequence_start":false,"d":2.0,"s":"é\\""},"outputs":[{"name":"o","datatype":"FP32",' +
        '"shape":[1,2],"data":[0.0,1.0]}]}',
    );
  });

  it('leaves out an empty id and empty parameters', () => {
    const { chunks } = encode(response([]), JSON_PLAN);
    const text = bodyOf(chunks).toString();
    assert.equal(text, '{"model_name":"m","model_version":"1","outputs":[]}');
  });

  it('sends binary data behind the JSON, without copying it', () => {
    const output = tensor('FP32', Float32Array.of(0, 1), [1, 2]);
    const { chunks, inferenceHeaderLength } = encode(response([output]), BINARY_PLAN);
    assert.equal(
      chunks[0]?.toString(),
      '{"model_name":"m","model_version":"1","outputs":[{"name":"o","datatype":"FP32",' +
        '"shape":[1,2],"parameters":{"binary_data_size":8}}]}',
    );
    assert.equal(inferenceHeaderLength, chunks[0]?.length);
    assert.equal(chunks[1], output.data);
  });

  it('is JSON only when all its binary outputs are empty', () => {
    const output = tensor('FP32', new Float32Array(0), [0]);
    const { chunks, inferenceHeaderLength } = encode(response([output]), BINARY_PLAN);
    assert.equal(inferenceHeaderLength, undefined);
    assert.match(bodyOf(chunks).toString(), /"parameters":\{"binary_data_size":0\}\}\]\}$/);
  });

  it('goes each output its own way', () => {
    const outputs = [{ name: 'b', binary: true, inSharedMemory: false }];
    const plan = { binaryByDefault: false, outputs };
    const json = tensor('UINT8', Uint8Array.of(1));
    const binary = { ...tensor('UINT8', Uint8Array.of(2)), name: 'b' };
    const { chunks } = encode(response([json, binary]), plan);
    assert.match(chunks[0]?.toString() ?? '', /"data":\[1\]\},\{"name":"b".*size":1\}\}\]\}$/);
    assert.deepEqual(chunks[1], Uint8Array.of(2));
  });
});

it('is encoded in steps when it has many elements', () => {
  const output = tensor('UINT8', new Uint8Array(100_000));
  const encoder = new InferResponseEncoder(response([output]), JSON_PLAN);
  let steps = 1;
  while (encoder.step() === undefined) steps += 1;
  assert(steps > 20, `${steps} steps`);
});

describe('the elements of an output', () => {
  it('are printed as RapidJSON prints numbers', () => {
    assert.equal(
      dataText(tensor('FP32', Float32Array.of(0.1, 1e-45, -0, 1 / 3, 1e10, 123456789))),
      '[0.10000000149011612,1.401298464324817e-45,-0.0,0.3333333432674408,10000000000.0,' +
        '123456792.0]',
    );
    assert.equal(
      dataText(tensor('FP64', Float64Array.of(0.1, -1e300, 1e20, 1e21, 1e-6, 1e-7, 5))),
      '[0.1,-1e300,100000000000000000000.0,1e21,0.000001,1e-7,5.0]',
    );
    assert.equal(
      dataText(tensor('FP32', Float32Array.of(Number.NaN, 1 / 0, -1 / 0))),
      '[NaN,Infinity,-Infinity]',
    );
  });

  it('are printed whatever the datatype', () => {
    const cases: readonly (readonly [DataType, ArrayBufferView, string])[] = [
      ['BOOL', Uint8Array.of(1, 0), '[true,false]'],
      ['UINT8', Uint8Array.of(255), '[255]'],
      ['UINT16', Uint16Array.of(65535), '[65535]'],
      ['UINT32', Uint32Array.of(4294967295), '[4294967295]'],
      ['UINT64', BigUint64Array.of(2n ** 64n - 1n, 7n), '[18446744073709551615,7]'],
      ['INT8', Int8Array.of(-128, 127), '[-128,127]'],
      ['INT16', Int16Array.of(-32768), '[-32768]'],
      ['INT32', Int32Array.of(-2147483648), '[-2147483648]'],
      [
        'INT64',
        BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, -1n, 2n ** 53n),
        '[-9223372036854775808,9223372036854775807,-1,9007199254740992]',
      ],
    ];
    for (const [datatype, elements, text] of cases) {
      assert.equal(dataText(tensor(datatype, elements)), text, datatype);
    }
  });

  it('may lie at an odd address', () => {
    const body = new Uint8Array(9);
    body.set(new Uint8Array(Float32Array.of(1.5, 2.5).buffer), 1);
    assert.equal(dataText(tensor('FP32', body.subarray(1))), '[1.5,2.5]');
  });

  it('are printed in full when there are many', () => {
    const elements = Float64Array.from({ length: 10_001 }, (_, index) => index / 8);
    assert.deepEqual(JSON.parse(dataText(tensor('FP64', elements))), [...elements]);
  });

  it('are the same numbers in long arrays as in short ones', () => {
    const many = [0, -0, 1, -1, 0.1, 1e-7, 1e30, 255, 65_535, 2 ** 31 - 1, -(2 ** 31)];
    const elements = Array.from({ length: 10_000 }, (_, index) => many[index % many.length] ?? 0);
    const arrays: readonly (readonly [DataType, ArrayBufferView & ArrayLike<number>])[] = [
      ['FP32', Float32Array.from(elements)],
      ['FP64', Float64Array.from(elements)],
      ['INT8', Int8Array.from(elements)],
      ['INT32', Int32Array.from(elements)],
      ['UINT8', Uint8Array.from(elements)],
      ['UINT32', Uint32Array.from(elements)],
    ];
    for (const [datatype, values] of arrays) {
      const parsed: unknown = JSON.parse(dataText(tensor(datatype, values)));
      assert.deepEqual(parsed, Array.from(values), datatype);
    }
    const specials = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? Number.NaN : -0));
    const text = `[${specials.map((value) => (Number.isNaN(value) ? 'NaN' : '-0.0')).join(',')}]`;
    assert.equal(dataText(tensor('FP32', Float32Array.from(specials))), text);
  });

  it('keep the bytes of strings, escaping what JSON cannot hold', () => {
    const data = joinBytesElements([
      'q"uo\n',
      '\u0001\u001f\u007f\b€',
      '/\\',
      '',
      Uint8Array.of(0, 0xff, 0xfe),
    ]);
    assert.equal(
      dataText(tensor('BYTES', data)),
      '["q\\"uo\\n","\\u0001\\u001F\u007f\\b\u00e2\u0082\u00ac","/\\\\","","\\u0000\u00ff\u00fe"]',
    );
  });

  it('are refused as JSON where the protocol has no form for them', () => {
    for (const datatype of ['FP16', 'BF16'] as const) {
      assert.throws(() => dataText(tensor(datatype, Uint8Array.of(0, 0))), {
        code: 'INVALID_ARG',
        message:
          `sending ${datatype} data via JSON is not supported. ` +
          'Please use the binary data format for output o',
      });
    }
    assert.throws(() => dataText(tensor('BYTES', Uint8Array.of(5, 0, 0, 0, 1))), {
      code: 'INTERNAL',
      message: "output 'o' holds malformed BYTES data",
    });
  });
});
