import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Parameters, ParameterValue } from '@nereid/core';
import { encodeParameters } from './encode-parameters.js';
import { parametersSize, writeParameters } from './infer-parameter.js';
import { WireWriter } from './wire-writer.js';

const FIELD = 4;

function encodedAnew(parameters: Parameters): Buffer {
  const writer = new WireWriter(parametersSize(parameters));
  writeParameters(writer, FIELD, parameters);
  return writer.bytes;
}

describe('encodeParameters', () => {
  it('gives what each set of parameters is on the wire, whatever came before', () => {
    const values: readonly ParameterValue[] = [0, -0, Number.NaN, 0n, 5n, false, true, '', 'text'];
    const sets = values.flatMap((value) => [
      new Map([['a', value]]),
      new Map([['b', value]]),
      new Map<string, ParameterValue>([
        ['a', value],
        ['b', 1n],
      ]),
    ]);
    for (const first of sets) {
      for (const second of sets) {
        encodeParameters(FIELD, first);
        assert.deepEqual(Buffer.from(encodeParameters(FIELD, second)), encodedAnew(second));
      }
    }
  });

  it('sees that a map has changed', () => {
    const parameters = new Map<string, ParameterValue>([['a', 1n]]);
    encodeParameters(FIELD, parameters);
    parameters.set('a', 2n);
    assert.deepEqual(Buffer.from(encodeParameters(FIELD, parameters)), encodedAnew(parameters));
  });

  it('encodes the same ones once, unless they are large', () => {
    const small = new Map([['a', 'x']]);
    assert.equal(encodeParameters(FIELD, small), encodeParameters(FIELD, new Map(small)));
    const large = new Map([['a', 'x'.repeat(1000)]]);
    assert.notEqual(encodeParameters(FIELD, large), encodeParameters(FIELD, large));
    assert.equal(encodeParameters(FIELD, new Map()).length, 0);
  });
});
