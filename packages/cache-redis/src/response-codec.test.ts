import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import type { ModelResponse, ParameterValue } from '@nereid/core';
import { bytesTensor, fp32Tensor } from '@nereid/testing';
import { decodeResponse, encodeResponse } from './response-codec.js';

const RESPONSE: ModelResponse = {
  outputs: [
    fp32Tensor('A', [2, 2], [1, 2, 3, 4]),
    bytesTensor('größe', [2], ['x', '']),
    { name: 'NONE', datatype: 'INT64', shape: [0, 2 ** 40], data: new Uint8Array(0) },
  ],
  parameters: new Map<string, ParameterValue>([
    ['text', ''],
    ['flag', true],
    ['integer', 2n ** 63n - 1n],
    ['fraction', -0.5],
  ]),
};

const plain = (response: ModelResponse | undefined) =>
  response && {
    outputs: response.outputs.map((tensor) => ({ ...tensor, data: [...tensor.data] })),
    parameters: [...(response.parameters ?? [])],
  };

describe('the value that Redis keeps', () => {
  it('has everything of an answer', () => {
    assert.deepEqual(plain(decodeResponse(encodeResponse(RESPONSE))), plain(RESPONSE));
  });

  it('has an answer without outputs and parameters', () => {
    assert.deepEqual(plain(decodeResponse(encodeResponse({ outputs: [] }))), {
      outputs: [],
      parameters: [],
    });
  });

  it('has heads beyond the first memory for them', () => {
    const outputs = Array.from({ length: 100 }, (_, index) =>
      fp32Tensor(`output${index}-${'x'.repeat(index * 10)}`, [1], [index]),
    );
    assert.deepEqual(plain(decodeResponse(encodeResponse({ outputs }))), plain({ outputs }));
  });

  it('is refused with any one bit changed', () => {
    const value = encodeResponse(RESPONSE);
    for (let bit = 0; bit < value.byteLength * 8; bit += 1) {
      const damaged = Buffer.from(value);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(decodeResponse(damaged), undefined, `bit ${bit}`);
    }
  });

  it('is refused when it is cut off or has something appended', () => {
    const value = encodeResponse(RESPONSE);
    for (let size = 0; size < value.byteLength; size += 1) {
      assert.equal(decodeResponse(value.subarray(0, size)), undefined, `${size} bytes`);
    }
    assert.equal(decodeResponse(Buffer.concat([value, Buffer.of(0)])), undefined);
  });

  it('is refused when its fields make no sense although the checksum is right', () => {
    const value = encodeResponse({ outputs: [fp32Tensor('A', [1], [1])] });
    for (let offset = 8; offset < value.byteLength - 4; offset += 1) {
      const forged = Buffer.from(value);
      forged[offset] = 0xff;
      forged.writeUInt32LE(crc32(forged.subarray(8)), 4);
      const decoded = decodeResponse(forged);
      const data = decoded?.outputs[0]?.data;
      assert.ok(!data || data.byteLength === 4, `byte ${offset}`);
    }
  });

  it('is refused when something else is stored under the key', () => {
    for (const text of ['', 'OK', 'a text that some other program has stored there']) {
      assert.equal(decodeResponse(Buffer.from(text)), undefined);
    }
  });
});
