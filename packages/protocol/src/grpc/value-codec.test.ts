import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bool,
  bytes,
  double,
  enumeration,
  float,
  int32,
  int64,
  string,
  uint32,
  uint64,
  type ValueCodec,
} from './value-codec.js';
import { WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

const color = enumeration(['RED', 'GREEN']);

function written<V>(codec: ValueCodec<V>, value: V): Buffer {
  const writer = new WireWriter(codec.size(value));
  codec.write(writer, value);
  assert.equal(writer.position, writer.bytes.length, 'writes as many bytes as it announced');
  return writer.bytes;
}

function roundTrip<V>(codec: ValueCodec<V>, value: V): V {
  return codec.read(new WireReader(written(codec, value)), codec.initial);
}

describe('value codecs', () => {
  it('read what they have written', () => {
    for (const value of [true, false]) assert.equal(roundTrip(bool, value), value);
    for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) {
      assert.equal(roundTrip(int32, value), value);
    }
    for (const value of [0, 127, 128, 2 ** 32 - 1]) assert.equal(roundTrip(uint32, value), value);
    for (const value of [0.5, -3]) {
      assert.equal(roundTrip(float, value), value);
      assert.equal(roundTrip(double, value), value);
    }
    for (const value of ['', 'x', 'größe', '😀'.repeat(99)]) {
      assert.equal(roundTrip(string, value), value);
    }
    assert.deepEqual(roundTrip(bytes, Buffer.from([1, 2])), Buffer.from([1, 2]));
    assert.equal(roundTrip(color, 'GREEN'), 'GREEN');
  });

  it('lose nothing of 64-bit integers', () => {
    for (const value of [-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
      assert.equal(roundTrip(int64, value), value);
    }
    assert.equal(roundTrip(uint64, 2n ** 64n - 1n), 2n ** 64n - 1n);
    for (let exponent = 0; exponent <= 53; exponent += 1) {
      const number = 2 ** exponent - 1;
      assert.deepEqual(written(int64, number), written(int64, BigInt(number)));
      assert.equal(roundTrip(int64, -number), BigInt(-number));
    }
  });

  it('read an unknown enum value as the first and refuse to write one', () => {
    assert.equal(color.read(new WireReader(Buffer.from([9])), 'RED'), 'RED');
    const word: string = 'BLUE';
    assert.throws(() => written(color as ValueCodec<string>, word), /'BLUE' is not one of RED/);
  });
});
