import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkJsonSyntax, JsonDouble, type JsonValue, parseJson } from './json-value.js';

function parse(text: string): JsonValue {
  return parseJson(Buffer.from(text));
}

/** The value as JSON.parse would give it. */
function plain(value: JsonValue): unknown {
  if (value instanceof JsonDouble) return value.value;
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
  return value;
}

/** A repeatable source of numbers from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 4 ? 6 : 8));
  const children = Array.from({ length: Math.floor(random() * 5) }, () => depth + 1);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return Math.floor((random() - 0.5) * 2 ** Math.floor(random() * 60));
    case 3:
      return (random() - 0.5) * 10 ** Math.floor(random() * 40 - 20);
    case 4:
      return Math.fround(random());
    case 5:
      return randomText(random);
    case 6:
      return children.map((childDepth) => randomValue(random, childDepth));
    default:
      return Object.fromEntries(
        children.map((childDepth) => [randomText(random), randomValue(random, childDepth)]),
      );
  }
}

function randomText(random: () => number): string {
  const alphabet = ['a', 'Z', '"', '\\', '/', '\n', '\u0001', 'é', '€', '😀', ' ', '__proto__'];
  const length = Math.floor(random() * 12);
  return Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
}

describe('parseJson', () => {
  it('agrees with JSON.parse on what JSON.stringify writes', () => {
    const random = randomNumbers(1);
    for (let round = 0; round < 3000; round += 1) {
      const text = JSON.stringify(randomValue(random, 0), undefined, round % 3);
      assert.deepEqual(plain(parse(text)), JSON.parse(text), text);
    }
  });

  it('refuses what JSON.parse refuses, but for the numbers that it knows in addition', () => {
    const random = randomNumbers(2);
    const alphabet = '{}[]":,0123456789.eE+-truefalsn \\u"a';
    for (let round = 0; round < 20_000; round += 1) {
      const length = 1 + Math.floor(random() * 12);
      const letters = Array.from(
        { length },
        () => alphabet[Math.floor(random() * alphabet.length)],
      );
      const text = letters.join('');
      assert.equal(
        accepts(() => parse(text)),
        accepts(() => JSON.parse(text, refuseInfinity)),
        text,
      );
    }
  });

  it('survives every mutilation of a request', () => {
    const text = '{"id":"\\ud83d\\ude00","inputs":[{"shape":[1,-2.5e3],"data":[true,null]}]} ';
    const random = randomNumbers(3);
    for (let round = 0; round < 5000; round += 1) {
      const bytes = Buffer.from(text);
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const cut = bytes.subarray(0, Math.floor(random() * bytes.length));
      for (const mutilated of [bytes, cut]) {
        assert.equal(
          accepts(() => parseJson(mutilated)),
          accepts(() => checkJsonSyntax(mutilated)),
          'reading and checking agree',
        );
      }
    }
  });

  it('keeps 64-bit integers exact and tells them from doubles', () => {
    assert.deepEqual(parse('[9223372036854775807,-9223372036854775808,18446744073709551615]'), [
      9223372036854775807n,
      -9223372036854775808n,
      18446744073709551615n,
    ]);
    assert.deepEqual(parse('[1,1.0,1e2,-0]'), [1, new JsonDouble(1), new JsonDouble(100), 0]);
    assert.deepEqual(parse('18446744073709551616'), new JsonDouble(2 ** 64));
  });

  it('takes NaN and infinities', () => {
    const values = parse('[NaN,Infinity,-Infinity,Inf,-Inf]');
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    assert.deepEqual(plain(values), [nan, infinity, -infinity, infinity, -infinity]);
  });

  it('keeps the first of two members of one name, and names without danger', () => {
    const value = parse('{"a":1,"a":2,"__proto__":3,"constructor":4}');
    assert(value instanceof Map);
    assert.deepEqual(
      [...value],
      [
        ['a', 1],
        ['__proto__', 3],
        ['constructor', 4],
      ],
    );
  });

  it('skips a byte order mark, and ends at a NUL byte', () => {
    assert.equal(parse('\ufeff5'), 5);
    assert.equal(parse('5\u0000 garbage'), 5);
  });

  it('refuses to go deeper than 100 levels', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    assert.doesNotThrow(() => parse(nested(100)));
    assert.throws(() => parse(nested(101)), {
      code: 'INVALID_ARG',
      message: 'JSON nesting depth exceeds maximum allowed limit (100)',
    });
    assert.throws(() => checkJsonSyntax(Buffer.from('{"a":'.repeat(1_000_000))));
  });
});

/** JSON.parse turns a number that is too large into infinity. */
function refuseInfinity(_: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('too large');
  return value;
}

function accepts(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

describe('a syntax error', () => {
  /** What a real Triton 2.51 answered to these bodies. */
  const RECORDED: readonly (readonly [string, string])[] = [
    ['  ', 'The document is empty. at 2'],
    ['{', 'Missing a name for object member. at 1'],
    ['{{', 'Missing a name for object member. at 1'],
    ['{"a"', 'Missing a colon after a name of object member. at 4'],
    ['{"a":', 'Invalid value. at 5'],
    ['{"a":1', "Missing a comma or '}' after an object member. at 6"],
    ['{"a":1,', 'Missing a name for object member. at 7'],
    ['{"a":1,}', 'Missing a name for object member. at 7'],
    ['[', 'Invalid value. at 1'],
    ['[1,]', 'Invalid value. at 3'],
    ['[1 2]', "Missing a comma or ']' after an array element. at 3"],
    ['{"a" 1}', 'Missing a colon after a name of object member. at 5'],
    ['nul', 'Invalid value. at 3'],
    ['fals', 'Invalid value. at 4'],
    ['{"a":tRue}', 'Invalid value. at 6'],
    ['{"a":"\\x"}', 'Invalid escape character in string. at 6'],
    ['{"a":"\\u12g4"}', 'Incorrect hex digit after \\u escape in string. at 6'],
    ['{"a":"\\ud800"}', 'The surrogate pair in string is invalid. at 6'],
    ['{"a":"\\ud800\\u0041"}', 'The surrogate pair in string is invalid. at 6'],
    ['{"a":"x\ty"}', 'Invalid escape character in string. at 7'],
    ['{"a":"x\u0000y"}', 'Missing a closing quotation mark in string. at 7'],
    ['{"inp', 'Missing a closing quotation mark in string. at 5'],
    ['{"a":"abc\\', 'Invalid escape character in string. at 9'],
    ['{"a":-}', 'Invalid value. at 6'],
    ['{"a":1.}', 'Miss fraction part in number. at 7'],
    ['{"a":1e}', 'Miss exponent in number. at 7'],
    ['{"a":1e+}', 'Miss exponent in number. at 8'],
    ['{"a":01}', "Missing a comma or '}' after an object member. at 6"],
    ['{"a":1e400}', 'Number too big to be stored in double. at 5'],
    ['{"a":-1e400}', 'Number too big to be stored in double. at 5'],
    ['{"a":+1}', 'Invalid value. at 5'],
    ['{"a":.5}', 'Invalid value. at 5'],
    ['{"a":Nan}', 'Invalid value. at 7'],
    ['{"a":Infinit}', 'Invalid value. at 12'],
    ['{"a":Inff}', "Missing a comma or '}' after an object member. at 8"],
    ['{"a":1}x', 'The document root must not be followed by other values. at 7'],
    ['{"inputs":[]} x', 'The document root must not be followed by other values. at 14'],
    ['/*x*/{}', 'Invalid value. at 0'],
  ];

  it('has the words and the offset of Triton', () => {
    for (const [text, problem] of RECORDED) {
      const expected = {
        code: 'INTERNAL',
        message: `failed to parse the request JSON buffer: ${problem}`,
      };
      assert.throws(() => parse(text), expected, text);
      assert.throws(() => checkJsonSyntax(Buffer.from(text)), expected, text);
    }
  });
});
