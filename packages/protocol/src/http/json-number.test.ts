import assert from 'node:assert/strict';
import { it } from 'node:test';
import { JsonCursor } from './json-cursor.js';
import { scanNumber } from './json-number.js';

function scan(text: string, singlePrecision = false): number {
  const cursor = new JsonCursor(Buffer.from(text));
  const value = scanNumber(cursor, singlePrecision);
  assert.equal(cursor.position, text.length, text);
  return value;
}

function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it('reads every double as JSON.parse does', () => {
  const random = randomNumbers(7);
  const bits = new DataView(new ArrayBuffer(8));
  for (let round = 0; round < 100_000; round += 1) {
    bits.setUint32(0, random() * 2 ** 32);
    bits.setUint32(4, random() * 2 ** 32);
    const wild = bits.getFloat64(0);
    const tame = (random() - 0.5) * 10 ** Math.floor(random() * 20 - 5);
    const texts = [
      String(Math.fround(tame)),
      tame.toFixed(Math.floor(random() * 22)),
      tame.toPrecision(1 + Math.floor(random() * 30)),
    ];
    if (Number.isFinite(wild)) texts.push(String(wild));
    for (const text of texts) {
      const expected = JSON.parse(text);
      // The integer literal -0 is the integer 0.
      assert.equal(Object.is(scan(text), /^-0$/.test(text) ? 0 : expected), true, text);
    }
  }
});

it('rounds correctly next to the middle between two doubles', () => {
  for (const text of [
    '9007199254740993.0',
    '9007199254740992.99999',
    '9007199254740993.00001',
    '0.500000000000000166533453693773481063544750213623046875',
    '4503599627370497.5',
    '4503599627370496.50000',
  ]) {
    assert.equal(scan(text), Number(text), text);
  }
});

it('gives with single precision what the double gives as FP32', () => {
  const random = randomNumbers(11);
  for (let round = 0; round < 100_000; round += 1) {
    const single = Math.fround((random() - 0.5) * 10 ** Math.floor(random() * 8 - 4));
    const middle = (single + Math.fround(single * (1 + 2 ** -23))) / 2;
    for (const text of [single.toFixed(19), middle.toFixed(20), middle.toPrecision(17)]) {
      if (text.includes('e')) continue;
      assert.equal(Math.fround(scan(text, true)), Math.fround(Number(text)), text);
    }
  }
});
