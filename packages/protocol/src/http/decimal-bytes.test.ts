import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeDouble, writeInteger } from './decimal-bytes.js';
import { doubleText } from './json-text.js';

const bytes = Buffer.alloc(64);
const words = new Uint32Array(2);
const bits = new Float64Array(words.buffer);

/** The text, or undefined where it is left to others. */
function written(value: number): string | undefined {
  const end = writeDouble(value, bytes, 3);
  return end < 0 ? undefined : bytes.toString('latin1', 3, end);
}

/** The share of values that are written; each of them like `String` does it. */
function shareWritten(count: number, make: () => number): number {
  let writtenCount = 0;
  for (let index = 0; index < count; index += 1) {
    const value = make();
    const text = written(value);
    if (text === undefined) continue;
    writtenCount += 1;
    if (text !== doubleText(value)) assert.fail(`${value} became ${text}`);
  }
  return writtenCount / count;
}

const COUNT = 20_000;
const random = Math.random;

describe('writeDouble', () => {
  it('writes singles, as they are in most tensors', () => {
    const share = shareWritten(COUNT, () => Math.fround((random() - 0.5) * 10 ** (random() * 9)));
    assert.ok(share > 0.9, `${share}`);
  });

  it('writes doubles', () => {
    const share = shareWritten(COUNT, () => (random() - 0.5) * 10 ** (random() * 20 - 5));
    assert.ok(share > 0.95, `${share}`);
  });

  it('writes decimal fractions and integers', () => {
    const fraction = () => Math.round(random() * 1e6) / 10 ** Math.floor(random() * 8);
    assert.ok(shareWritten(COUNT, fraction) > 0.95);
  });

  it('is never wrong next to powers of ten and of two', () => {
    shareWritten(COUNT, () => {
      bits[0] = 10 ** Math.floor(random() * 22 - 6);
      words[0] = (words[0] ?? 0) + Math.floor(random() * 9) - 4;
      return bits[0];
    });
    shareWritten(COUNT, () => {
      bits[0] = 2 ** Math.floor(random() * 72 - 20);
      words[0] = (words[0] ?? 0) + Math.floor(random() * 9) - 4;
      return bits[0];
    });
  });

  it('is never wrong, whatever the bits', () => {
    shareWritten(COUNT, () => {
      words[0] = random() * 2 ** 32;
      words[1] = random() * 2 ** 32;
      return bits[0] ?? 0;
    });
  });

  it('leaves to others what is no plain number', () => {
    const others = [Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-7, -5e-324, 2 ** 53, 1e300];
    assert.deepEqual(
      others.map(written),
      others.map(() => undefined),
    );
    assert.deepEqual([0, 1, -1.5, 0.000001].map(written), ['0.0', '1.0', '-1.5', '0.000001']);
  });
});

describe('writeInteger', () => {
  it('writes every integer below 2^53', () => {
    const limits = [0, 9, 10, 99, 100, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 1 - 2 ** 53];
    const some = Array.from({ length: COUNT }, () =>
      Math.round((random() - 0.5) * 10 ** (random() * 16)),
    );
    for (const value of [...limits, ...some]) {
      if (!Number.isSafeInteger(value)) continue;
      const end = writeInteger(value, bytes, 3);
      assert.equal(bytes.toString('latin1', 3, end), String(value === 0 ? 0 : value));
    }
  });
});
