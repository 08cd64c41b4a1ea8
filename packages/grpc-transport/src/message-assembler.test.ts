import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MessageAssembler } from './message-assembler.js';

const MEBIBYTE = 1024 * 1024;
const allocator = { take: (size: number) => Buffer.alloc(size), giveBack() {} };
const plenty = { allocator, reserve: () => true };

function prefix(length: number, flag = 0): Buffer {
  const bytes = Buffer.alloc(5);
  bytes[0] = flag;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

describe('MessageAssembler', () => {
  it('puts a message together that comes byte by byte', () => {
    const bytes = Buffer.concat([prefix(3, 1), Buffer.from('abc')]);
    const assembler = new MessageAssembler(100, plenty);
    for (const [index, byte] of bytes.entries()) {
      assert.equal(assembler.complete, false);
      assert.equal(assembler.read(Buffer.from([byte]), 0, 1), 1, `byte ${index}`);
    }
    assert.equal(assembler.complete, true);
    assert.equal(assembler.message.toString(), 'abc');
    assert.equal(assembler.compressed, 1);
  });

  it('leaves what belongs to the next message', () => {
    const bytes = Buffer.concat([prefix(1), Buffer.from('ab')]);
    assert.equal(new MessageAssembler(100, plenty).read(bytes, 0, bytes.length), 6);
  });

  it('takes memory for what has arrived, not for what is announced', () => {
    let reserved = 0;
    const memory = {
      allocator,
      reserve(sizeBytes: number) {
        reserved += sizeBytes;
        return true;
      },
    };
    const assembler = new MessageAssembler(0x7fff_ffff, memory);
    assembler.read(Buffer.concat([prefix(1000 * MEBIBYTE), Buffer.alloc(10)]), 0, 15);
    assert.equal(reserved, 4 * MEBIBYTE);
    const piece = Buffer.alloc(MEBIBYTE, 'x');
    for (let count = 0; count < 5; count += 1) assembler.read(piece, 0, piece.length);
    assert.equal(reserved, 16 * MEBIBYTE);
  });

  it('keeps the contents while its memory grows', () => {
    const contents = Buffer.alloc(9 * MEBIBYTE);
    for (let index = 0; index < contents.length; index += 1000) contents[index] = index % 251;
    const bytes = Buffer.concat([prefix(contents.length), contents]);
    const assembler = new MessageAssembler(0x7fff_ffff, plenty);
    for (let at = 0; at < bytes.length; at += 100_000) {
      assembler.read(bytes, at, Math.min(bytes.length, at + 100_000));
    }
    assert.ok(assembler.complete);
    assert.ok(assembler.message.equals(contents));
  });

  it('offers the place of the bytes that are to come', () => {
    const assembler = new MessageAssembler(0x7fff_ffff, plenty);
    assembler.read(Buffer.concat([prefix(100_000), Buffer.from('ab')]), 0, 7);
    assert.equal(assembler.place(100_000, 100_000), undefined);
    const place = assembler.place(1000, 99_998);
    assert.equal(place?.length, 99_998);
    place?.fill('c');
    assembler.placed(99_998);
    assert.ok(assembler.complete);
    assert.equal(assembler.message.toString('latin1', 0, 4), 'abcc');
  });

  const problems = { flag: prefix(1, 2), size: prefix(101), memory: prefix(50) };
  for (const [problem, bytes] of Object.entries(problems)) {
    it(`tells a problem with the ${problem}`, () => {
      const assembler = new MessageAssembler(100, { allocator, reserve: (size) => size !== 50 });
      assembler.read(bytes, 0, bytes.length);
      assert.equal(assembler.problem, problem);
      assert.equal(assembler.complete, false);
    });
  }
});
