import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type InferenceResponse, joinBytesElements, type Tensor } from '@nereid/core';
import { type GenerateFraming, GenerateResponseEncoder } from './generate-response-encoder.js';

function fp32Tensor(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  const data = new Uint8Array(Float32Array.from(values).buffer);
  return { name, datatype: 'FP32', shape, data };
}

function bytesTensor(name: string, elements: readonly string[]): Tensor {
  return { name, datatype: 'BYTES', shape: [elements.length], data: joinBytesElements(elements) };
}

function response(outputs: readonly Tensor[], more: Partial<InferenceResponse> = {}) {
  const fields = { modelName: 'decoupled', modelVersion: 1, id: '', parameters: new Map() };
  return { ...fields, outputs, final: false, ...more };
}

function encode(value: InferenceResponse, framing: GenerateFraming = 'body'): string {
  const encoder = new GenerateResponseEncoder(value, framing);
  for (;;) {
    const chunks = encoder.step();
    if (chunks !== undefined) return Buffer.concat(chunks).toString('utf8');
  }
}

describe('GenerateResponseEncoder', () => {
  it('prints a single element as itself, as recorded', () => {
    assert.equal(
      encode(response([bytesTensor('text_output', ['hi-0'])], { id: '7' })),
      '{"id":"7","model_name":"decoupled","model_version":"1","text_output":"hi-0"}',
    );
  });

  it('prints members in alphabetical order, arrays flat', () => {
    const output = fp32Tensor('OUTPUT0', [2, 2], [0, 1, 2, 3]);
    assert.equal(
      encode(response([output], { modelName: 'identity_fp32' })),
      '{"OUTPUT0":[0.0,1.0,2.0,3.0],"model_name":"identity_fp32","model_version":"1"}',
    );
  });

  it('prints parameters as members, and lets the first of one name count', () => {
    const parameters = new Map<string, string | boolean | bigint | number>([
      ['z', 'text'],
      ['b', true],
      ['i', 2n ** 62n],
      ['d', 3],
      ['model_name', 'other'],
    ]);
    assert.equal(
      encode(response([bytesTensor('z', ['lost'])], { parameters })),
      '{"b":true,"d":3.0,"i":4611686018427387904,"model_name":"decoupled","model_version":"1",' +
        '"z":"text"}',
    );
  });

  it('frames an event, also one without outputs', () => {
    assert.equal(
      encode(response([]), 'event'),
      'data: {"model_name":"decoupled","model_version":"1"}\n\n',
    );
  });

  it('keeps an event on one line', () => {
    const text = encode(response([bytesTensor('x', ['a\nb\r\n'])]), 'event');
    assert.equal(text.trimEnd().includes('\n'), false);
    assert.match(text, /"x":"a\\nb\\r\\n"/);
  });

  it('needs several steps for many elements', () => {
    const count = 10_000;
    const encoder = new GenerateResponseEncoder(
      response([fp32Tensor('x', [count], new Array(count).fill(0.5))]),
      'body',
    );
    assert.equal(encoder.step(), undefined);
    assert.equal(encoder.step(), undefined);
    let chunks = encoder.step();
    while (chunks === undefined) chunks = encoder.step();
    const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    assert.equal((parsed as { x: number[] }).x.length, count);
  });

  it('refuses what JSON cannot carry', () => {
    const half = { name: 'h', datatype: 'FP16', shape: [1], data: new Uint8Array(2) } as const;
    assert.throws(() => encode(response([half])), {
      message:
        'sending FP16 data via JSON is not supported. Please use the binary data format for ' +
        'output h',
    });
  });
});
