import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fp32Tensor } from '@nereid/testing';
import { FrameReader } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { decodeParameters } from './parameters-codec.js';
import { SignatureDecoder, SignatureEncoder } from './tensor-signature.js';

function writeFrames(contents: readonly string[]): Buffer {
  const writer = new FrameWriter();
  for (const [index, content] of contents.entries()) {
    const length = Buffer.byteLength(content);
    writer.frame({ kind: 3, count: 1, id: index, extra: length }, () => writer.appendText(content));
  }
  return Buffer.from(writer.collected());
}

describe('frames', () => {
  const contents = ['', 'a', 'eight by', 'näher', 'x'.repeat(100_000), 'last'];

  it('are read as they were written, however the bytes are cut', () => {
    const bytes = writeFrames(contents);
    for (const chunkSize of [1, 7, 8, 16, 17, 1000, 65_536, bytes.length]) {
      const read: string[] = [];
      const reader = new FrameReader(({ kind, id, bytes: chunk, start, end, extra }) => {
        assert.equal(kind, 3);
        assert.equal(id, read.length);
        assert.equal((end - start) % 8, 0);
        read.push(chunk.toString('utf8', start, start + extra));
      });
      for (let position = 0; position < bytes.length; position += chunkSize) {
        reader.push(bytes.subarray(position, position + chunkSize));
      }
      assert.deepEqual(read, contents, `chunks of ${chunkSize}`);
    }
  });

  it('are written into the same memory again once it is free', () => {
    const writer = new FrameWriter();
    writer.appendText('one');
    const first = writer.collected();
    writer.written(true);
    writer.appendText('two');
    assert.equal(writer.collected().buffer, first.buffer);
    writer.written(false);
    writer.appendText('three');
    assert.notEqual(writer.collected().buffer, first.buffer);
  });
});

describe('signatures', () => {
  const tensors = [fp32Tensor('näme', [2, 3], [1, 2, 3, 4, 5, 6]), fp32Tensor('B', [0], [])];
  const requested = [{ name: 'X', classificationCount: 0 }];

  it('are read as they were written', () => {
    const bytes = Buffer.from(
      new SignatureEncoder().encode({ tensors, requested, shared: [64, undefined] }),
    );
    const decoded = new SignatureDecoder().decode(bytes, 0, bytes.length);
    assert.deepEqual(decoded, {
      tensors: [
        { name: 'näme', datatype: 'FP32', shape: [2, 3], sizeBytes: 24, shared: true },
        { name: 'B', datatype: 'FP32', shape: [0], sizeBytes: 0, shared: false },
      ],
      requested: ['X'],
    });
  });

  it('are encoded once for equal requests, and anew for others', () => {
    const encoder = new SignatureEncoder();
    const first = encoder.encode({ tensors, requested });
    assert.equal(encoder.encode({ tensors: [...tensors], requested: [...requested] }), first);
    const others = [
      { tensors, requested: [] },
      { tensors, requested, shared: [0, undefined] },
      { tensors: tensors.slice(0, 1), requested },
      { tensors: [fp32Tensor('näme', [3, 2], [1, 2, 3, 4, 5, 6]), ...tensors.slice(1)], requested },
    ];
    for (const other of others) {
      assert.notDeepEqual(Buffer.from(encoder.encode(other)), Buffer.from(first));
    }
    assert.deepEqual(encoder.encode({ tensors, requested }), first);
  });
});

describe('decodeParameters', () => {
  it('keeps the types, and all digits of integers', () => {
    const entry = (kind: number, name: string, value: Buffer) => {
      const head = Buffer.alloc(8);
      head.writeUInt8(kind, 0);
      head.writeUInt16LE(name.length, 2);
      head.writeUInt32LE(value.length, 4);
      return Buffer.concat([head, Buffer.from(name), value]);
    };
    const integer = Buffer.alloc(8);
    integer.writeBigInt64LE(-(2n ** 62n) - 1n);
    const double = Buffer.alloc(8);
    double.writeDoubleLE(0.1);
    const bytes = Buffer.concat([
      Buffer.from([4, 0, 0, 0]),
      entry(1, 'text', Buffer.from('ü')),
      entry(2, 'integer', integer),
      entry(3, 'flag', Buffer.from([1])),
      entry(4, 'double', double),
    ]);
    assert.deepEqual(
      [...decodeParameters(bytes)],
      [
        ['text', 'ü'],
        ['integer', -(2n ** 62n) - 1n],
        ['flag', true],
        ['double', 0.1],
      ],
    );
    bytes.writeUInt8(9, 4);
    assert.throws(() => decodeParameters(bytes), /unknown kind of parameter 9/);
  });
});
