import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInferError, NEVER_CANCELLED, type Tensor, type TensorMetadata } from '@nereid/core';
import { decodeGenerateRequest } from './decode-generate-request.js';

/** The inputs of the model that the recordings were made with. */
const RECORDED: readonly TensorMetadata[] = [
  { name: 'text_input', datatype: 'BYTES', shape: [1] },
  { name: 'n', datatype: 'INT32', shape: [1] },
];

function decode(body: string, inputs = RECORDED, maxInputSizeBytes = 10_000) {
  return decodeGenerateRequest({
    modelName: 'decoupled',
    modelVersion: undefined,
    inputs,
    body: Buffer.from(body),
    maxInputSizeBytes,
    signal: NEVER_CANCELLED,
  });
}

function refusal(body: string, inputs = RECORDED, maxInputSizeBytes = 10_000) {
  try {
    decode(body, inputs, maxInputSizeBytes);
  } catch (error) {
    assert(isInferError(error));
    return [error.code, error.message];
  }
  return undefined;
}

function floats(tensor: Tensor | undefined): number[] {
  return [...new Float32Array(new Uint8Array(tensor?.data ?? []).buffer)];
}

/** The shape that `value` gets as an input of this shape. */
function shapeOf(shape: readonly number[], value: string) {
  const request = decode(`{"x":${value}}`, [{ name: 'x', datatype: 'FP32', shape }]);
  return request.inputs[0]?.shape;
}

describe('decodeGenerateRequest', () => {
  it('makes tensors of members that are inputs, and parameters of all others', () => {
    const body = '{"text_input":"hi","foo":5,"b":true,"d":0.5,"s":"x","big":9223372036854775808}';
    const request = decode(body);
    const [tensor] = request.inputs;
    assert.deepEqual([tensor?.name, tensor?.datatype, tensor?.shape], ['text_input', 'BYTES', [1]]);
    assert.deepEqual(tensor?.data, Buffer.from('\x02\0\0\0hi'));
    assert.deepEqual(
      [...request.parameters],
      [
        ['foo', 5n],
        ['b', true],
        ['d', 0.5],
        ['s', 'x'],
        ['big', 2 ** 63],
      ],
    );
  });

  it('treats the members of `parameters` like those beside it', () => {
    const request = decode('{"parameters":{"n":[3],"a":1},"text_input":["hi"]}');
    assert.deepEqual(
      request.inputs.map(({ name, shape }) => [name, shape]),
      [
        ['n', [1]],
        ['text_input', [1]],
      ],
    );
    assert.deepEqual([...request.parameters], [['a', 1n]]);
  });

  it('takes `id` as the id of the request, and once more as what its name says', () => {
    const asParameter = decode('{"id":"7","text_input":"hi"}');
    assert.equal(asParameter.id, '7');
    assert.equal(asParameter.parameters.get('id'), '7');
    const asInput = decode('{"id":"7"}', [{ name: 'id', datatype: 'BYTES', shape: [1] }]);
    assert.equal(asInput.id, '7');
    assert.equal(asInput.inputs[0]?.name, 'id');
    assert.equal(asInput.parameters.size, 0);
  });

  it('reads numbers as the datatype of the input', () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1] }] as const;
    assert.deepEqual(floats(decode('{"x":[0.5,1,-2e1]}', inputs).inputs[0]), [0.5, 1, -20]);
    assert.deepEqual(floats(decode('{"x": 2.5 , "y": 1}', inputs).inputs[0]), [2.5]);
    const wide = [{ name: 'x', datatype: 'INT64', shape: [1] }] as const;
    const data = decode('{"x":-9223372036854775808}', wide).inputs[0]?.data ?? new Uint8Array();
    assert.equal(Buffer.from(data).readBigInt64LE(), -(2n ** 63n));
  });

  it('gives the last dimension of any size what the fixed ones leave', () => {
    assert.deepEqual(shapeOf([-1, 4], '[1,2,3,4,5,6,7,8]'), [2, 4]);
    assert.deepEqual(shapeOf([-1, -1], '[1,2]'), [1, 2]);
    assert.deepEqual(shapeOf([-1, -1, 2], '[1,2,3,4]'), [1, 2, 2]);
    assert.deepEqual(shapeOf([-1], '7'), [1]);
    assert.deepEqual(shapeOf([], '7'), []);
  });

  it('refuses elements that the fixed dimensions do not divide', () => {
    const message = "The schema can not convert input 'x' to tensor with proper shape";
    for (const shape of [[3], [-1, 3], [0]]) {
      const inputs = [{ name: 'x', datatype: 'FP32', shape }] as const;
      assert.deepEqual(refusal('{"x":[1,2]}', inputs), ['INVALID_ARG', message]);
    }
  });

  it('counts nested arrays at their first level only', () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }] as const;
    assert.deepEqual(floats(decode('{"x":[[1],[2]]}', inputs).inputs[0]), [1, 2]);
    assert.deepEqual(refusal('{"x":[[1,2],[3,4]]}', inputs), [
      'INTERNAL',
      "Unable to parse 'data': Shape does not match true shape of 'data' field",
    ]);
  });

  it('refuses values of the wrong type with the recorded texts', () => {
    assert.deepEqual(refusal('{"text_input": 5}'), [
      'INTERNAL',
      'Unable to parse JSON bytes array: attempt to access JSON non-string as string',
    ]);
    assert.deepEqual(refusal('{"id": 5}'), [
      'INTERNAL',
      "Unable to parse 'id': attempt to access JSON non-string as string",
    ]);
    assert.deepEqual(refusal('{"a": null}'), [
      'INVALID_ARG',
      "parameter 'a' has invalid type. It should be either 'int', 'bool', or 'string'.",
    ]);
    assert.deepEqual(refusal('{"parameters": 1}'), [
      'INTERNAL',
      "Expected JSON object for keyword: 'parameters': attempt to access JSON non-object as object",
    ]);
    assert.deepEqual(refusal('[]'), ['INTERNAL', 'attempt to get members for non-object']);
  });

  it('refuses an input with the name of the nested member', () => {
    const inputs = [{ name: 'parameters', datatype: 'FP32', shape: [1] }] as const;
    assert.deepEqual(refusal('{"parameters": {}}', inputs), [
      'INVALID_ARG',
      "Keyword 'parameters' for nested schema also given as input tensor name",
    ]);
  });

  it('complains of a syntax error first, wherever it is', () => {
    assert.deepEqual(refusal('{"text_input": 5, a'), [
      'INTERNAL',
      'failed to parse the request JSON buffer: Missing a name for object member. at 18',
    ]);
    assert.deepEqual(refusal(''), [
      'INTERNAL',
      'failed to parse the request JSON buffer: The document is empty. at 0',
    ]);
  });

  it('refuses what exceeds the size limit', () => {
    assert.match(refusal('{"text_input":"0123456789"}', RECORDED, 20)?.[1] ?? '', /Request JSON/);
    const inputs = [{ name: 'x', datatype: 'FP64', shape: [-1] }] as const;
    assert.match(refusal('{"x":[1,2,3,4]}', inputs, 16)?.[1] ?? '', /'x' has a byte_size \(32/);
  });
});
