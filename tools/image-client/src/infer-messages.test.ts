import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeInferAnswer, decodeStreamAnswer, encodeInferRequest } from './infer-messages.js';

test('encodes a request as protoc would', () => {
  const message = encodeInferRequest('m', '2', {
    id: '1',
    inputName: 'in',
    datatype: 'FP32',
    shape: [1, 300],
    data: Uint8Array.of(1, 2, 3, 4),
    outputName: 'out',
    classCount: 3,
  });
  const expected = [
    [0x0a, 1, 0x6d, 0x12, 1, 0x32, 0x1a, 1, 0x31],
    [0x2a, 15, 0x0a, 2, 0x69, 0x6e, 0x12, 4, 0x46, 0x50, 0x33, 0x32, 0x1a, 3, 1, 0xac, 2],
    [0x32, 27, 0x0a, 3, 0x6f, 0x75, 0x74, 0x12, 20, 0x0a, 14, ...Buffer.from('classification')],
    [0x12, 2, 0x10, 3, 0x3a, 4, 1, 2, 3, 4],
  ];
  assert.deepEqual([...message], expected.flat());
});

test('reads the id and the first raw output, and passes over all else', () => {
  const bytes = [0x0a, 1, 0x6d, 0x1a, 1, 0x37, 0x40, 0x96, 1, 0x32, 2, 8, 9, 0x32, 1, 7];
  const answer = decodeInferAnswer(Uint8Array.from(bytes));
  assert.equal(answer.id, '7');
  assert.deepEqual([...(answer.rawOutput ?? [])], [8, 9]);
});

test('reads the error of a stream together with its id', () => {
  const answer = decodeStreamAnswer(Uint8Array.of(0x0a, 2, 0x6e, 0x6f, 0x12, 3, 0x1a, 1, 0x37));
  assert.deepEqual([answer.error, answer.id, answer.rawOutput], ['no', '7', undefined]);
});

test('refuses bytes that are no message', () => {
  assert.throws(() => decodeInferAnswer(Uint8Array.of(0x0a, 5, 1)), RangeError);
  assert.throws(() => decodeInferAnswer(Uint8Array.of(0x0a)), RangeError);
  assert.throws(() => decodeInferAnswer(Uint8Array.of(0x0b)), RangeError);
});
