/** Random choices that depend on a seed alone, so that every case can be made again. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 to below 1 (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `limit`. */
  below(limit) {
    return Math.floor(this.next() * limit);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  bytes(length) {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  text(maxLength) {
    const alphabet = 'abcXYZ019_-./:%{}[]"\\ \t\u00e9\u4f60\u0000\u{1f600}';
    return Array.from({ length: this.below(maxLength) }, () => this.pick([...alphabet])).join('');
  }

  /** A copy of some bytes with a few of them changed, removed, repeated or inserted. */
  mutate(bytes) {
    let result = Buffer.from(bytes);
    for (let edits = 1 + this.below(4); edits > 0; edits--) {
      const at = this.below(result.length + 1);
      const length = 1 + this.below(8);
      result = this.pick([
        () => Buffer.concat([result.subarray(0, at), result.subarray(at + length)]),
        () => Buffer.concat([result.subarray(0, at), this.bytes(length), result.subarray(at)]),
        () => Buffer.concat([result.subarray(0, at + length), result.subarray(at)]),
        () => flipBit(result, at, 1 << this.below(8)),
        () => result.subarray(0, at),
      ])();
    }
    return result;
  }
}

function flipBit(bytes, at, bit) {
  const result = Buffer.from(bytes);
  if (at < result.length) result[at] ^= bit;
  return result;
}
