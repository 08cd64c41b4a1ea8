import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isInferError, type ModelConfig } from '@nereid/core';
import { configJson, emptyConfig, parseConfigText } from './index.js';

function parse(text: string): ModelConfig {
  return parseConfigText(text, 'config.pbtxt');
}

function tags(value: string): string | undefined {
  return parse(`metric_tags { key: "k" value: ${value} }`).metricTags['k'];
}

function slotUtilization(value: string): number | undefined {
  const text = `sequence_batching { direct { minimum_slot_utilization: ${value} } }`;
  return parse(text).sequenceBatching?.direct?.minimumSlotUtilization;
}

function assertRefused(text: string, message: string): void {
  assert.throws(
    () => parse(text),
    (error) => {
      assert.ok(isInferError(error), String(error));
      assert.equal(error.code, 'INVALID_ARG');
      assert.equal(error.message, `config.pbtxt:${message}`);
      return true;
    },
  );
}

describe('parseConfigText accepts', () => {
  test('an empty text as the empty configuration', () => {
    assert.deepEqual(parse(''), emptyConfig(''));
    assert.deepEqual(parse('\uFEFF# nothing but a comment'), emptyConfig(''));
  });

  test('comments and the optional separators', () => {
    const config = parse('# one\nname: "m"; platform: "p", # two\nmax_batch_size: 8\r\n');
    assert.deepEqual(config, { ...emptyConfig('m'), platform: 'p', maxBatchSize: 8 });
  });

  test('repeated scalars as a list, one by one and both', () => {
    const sizes = (text: string) =>
      parse(`dynamic_batching { ${text} }`).dynamicBatching?.preferredBatchSize;
    assert.deepEqual(sizes('preferred_batch_size: [ 1, 2 ] preferred_batch_size: 3'), [1, 2, 3]);
    assert.deepEqual(sizes('preferred_batch_size: []'), []);
  });

  test('messages with braces or angle brackets, with and without colon, in lists and alone', () => {
    const names = (text: string) => parse(text).input.map((input) => input.name);
    const text =
      'input [ { name: "a" }, < name: "b" > ] input: { name: "c" } input: [ { name: "d" } ]';
    assert.deepEqual(names(text), ['a', 'b', 'c', 'd']);
    assert.deepEqual(names('input: []'), []);
  });

  test('string escapes, which together are UTF-8', () => {
    assert.equal(tags(String.raw`"\a\b\f\n\r\t\v\\\?\'\""`), '\x07\b\f\n\r\t\v\\?\'"');
    assert.equal(tags(String.raw`"\101\x42\X43\u00e9\U0001F600"`), 'ABCé😀');
    assert.equal(tags(String.raw`"\303" '\251'`), 'é');
    assert.equal(tags(`"it's" ' "quoted" '`), `it's "quoted" `);
    assert.equal(tags(String.raw`"\0"`), '\0');
  });

  test('integers in every base and at the ends of their ranges', () => {
    const batchSize = (text: string) => parse(`max_batch_size: ${text}`).maxBatchSize;
    assert.deepEqual(['0x10', '017', '0', '-0'].map(batchSize), [16, 15, 0, 0]);
    assert.deepEqual(['2147483647', '- 2147483648'].map(batchSize), [2147483647, -2147483648]);
    const dims = parse('input { dims: [ -1, -9223372036854775808 ] }').input[0]?.dims;
    assert.deepEqual(dims, [-1, -(2 ** 63)]);
  });

  test('floating-point numbers in every spelling', () => {
    const spellings = ['0.5', '.5', '5e-1', '0.5f', '5E-1F', '1', '-1.'];
    assert.deepEqual(spellings.map(slotUtilization), [0.5, 0.5, 0.5, 0.5, 0.5, 1, -1]);
    assert.deepEqual(['inf', '-Infinity', 'nan'].map(slotUtilization), [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
    assert.equal(slotUtilization('0.1'), Math.fround(0.1));
  });

  test('booleans in every spelling', () => {
    const decoupled = (text: string) =>
      parse(`model_transaction_policy { decoupled: ${text} }`).modelTransactionPolicy?.decoupled;
    for (const text of ['true', 'True', 't', '1']) assert.equal(decoupled(text), true);
    for (const text of ['false', 'False', 'f', '0']) assert.equal(decoupled(text), false);
  });

  test('enums by name and by number', () => {
    const kind = (text: string) => parse(`instance_group { kind: ${text} }`).instanceGroup[0]?.kind;
    assert.deepEqual(['KIND_CPU', '2', '0'].map(kind), ['KIND_CPU', 'KIND_CPU', 'KIND_AUTO']);
  });

  test('maps as entries, of which the last one of a key counts and each part has a default', () => {
    const text =
      'parameters [ { key: "a" value { string_value: "1" } }, { value: { string_value: "2" } } ]' +
      'parameters { key: "a" value: { string_value: "3" } } parameters { key: "b" }';
    assert.deepEqual(parse(text).parameters, {
      a: { stringValue: '3' },
      '': { stringValue: '2' },
      b: { stringValue: '' },
    });
  });

  test('hostile keys as plain keys', () => {
    const config = parse(
      'metric_tags { key: "__proto__" value: "x" } parameters { key: "__proto__" }',
    );
    assert.deepEqual(Object.keys(config.metricTags), ['__proto__']);
    assert.equal(Object.getPrototypeOf(config.metricTags), Object.prototype);
    assert.equal(Object.getPrototypeOf(config.parameters), Object.prototype);
    assert.match(configJson(config), /"metric_tags":\{"__proto__":"x"\}/);
  });

  test('an unset scalar of a oneof as undefined and a written default as set', () => {
    const states = (text: string) =>
      parse(`sequence_batching { state { initial_state [ { ${text} } ] } }`).sequenceBatching
        ?.state[0]?.initialState[0];
    assert.equal(states('name: "s"')?.zeroData, undefined);
    assert.equal(states('zero_data: false')?.zeroData, false);
  });
});

describe('parseConfigText refuses', () => {
  const refusals: Readonly<Record<string, readonly [text: string, message: string]>> = {
    'an unknown field': [
      '\n\n foo: 1',
      '3:2: Message type "inference.ModelConfig" has no field named "foo".',
    ],
    'a property name of another language': [
      'maxBatchSize: 1',
      '1:1: Message type "inference.ModelConfig" has no field named "maxBatchSize".',
    ],
    'a field name that is a property of every object': [
      'constructor: 1',
      '1:1: Message type "inference.ModelConfig" has no field named "constructor".',
    ],
    'an unknown field of a message': [
      'input { nme: "x" }',
      '1:9: Message type "inference.ModelInput" has no field named "nme".',
    ],
    'an unknown field of a map entry': [
      'metric_tags { k: "a" }',
      '1:15: Message type "inference.ModelConfig.MetricTagsEntry" has no field named "k".',
    ],
    'an extension': [
      '[foo.bar] { }',
      '1:1: Extension "foo.bar" is not defined or is not an extension of "inference.ModelConfig".',
    ],
    'a singular field written twice': [
      'max_batch_size: 1 max_batch_size: 2',
      '1:19: Non-repeated field "max_batch_size" is specified multiple times.',
    ],
    'two members of a oneof': [
      'dynamic_batching {} sequence_batching {}',
      '1:21: Field "sequence_batching" is specified along with field ' +
        '"dynamic_batching", another member of oneof "scheduling_choice".',
    ],
    'an integer beyond its range': [
      'max_batch_size: 2147483648',
      '1:17: Integer out of range (2147483648)',
    ],
    'a negative integer beyond its range': [
      'max_batch_size: -2147483649',
      '1:18: Integer out of range (2147483649)',
    ],
    'a negative unsigned integer': [
      'version_policy { latest { num_versions: -1 } }',
      '1:41: Expected integer, got: -',
    ],
    'a fraction for an integer': ['max_batch_size: 1.5', '1:17: Expected integer, got: 1.5'],
    'a string for an integer': ['max_batch_size: "1"', '1:17: Expected integer, got: "1"'],
    'a word for a string': ['name: model', '1:7: Expected string, got: model'],
    'a word for a number': [
      'sequence_batching { direct { minimum_slot_utilization: abc } }',
      '1:56: Expected double, got: abc',
    ],
    'an unknown enum name': [
      'instance_group { kind: KIND_FOO }',
      '1:24: Unknown enumeration value of "KIND_FOO" for field "kind".',
    ],
    'an enum name in the wrong case': [
      'instance_group { kind: kind_cpu }',
      '1:24: Unknown enumeration value of "kind_cpu" for field "kind".',
    ],
    'an unknown enum number': [
      'instance_group { kind: 7 }',
      '1:24: Unknown enumeration value of "7" for field "kind".',
    ],
    'a negative enum number': [
      'instance_group { kind: -1 }',
      '1:24: Unknown enumeration value of "-1" for field "kind".',
    ],
    'another word for a boolean': [
      'response_cache { enable: yes }',
      '1:26: Invalid value for boolean field "enable". Value: "yes".',
    ],
    'another number for a boolean': [
      'response_cache { enable: 2 }',
      '1:26: Integer out of range (2)',
    ],
    'a scalar without a colon': ['max_batch_size 1', '1:16: Expected ":", found "1".'],
    'a message that does not end': ['input {\n', '2:1: Expected identifier, got: '],
    'brackets that do not match': ['input { name: "x" >', '1:19: Expected "}", found ">".'],
    'a stray bracket': ['}', '1:1: Expected identifier, got: }'],
    'two separators': ['max_batch_size: 1;;', '1:19: Expected identifier, got: ;'],
    'a list for a singular field': ['max_batch_size: [1]', '1:17: Expected integer, got: ['],
    'a comma at the end of a list': ['input { dims: [1, ] }', '1:19: Expected integer, got: ]'],
    'a list without commas': ['input { dims: [1 2] }', '1:18: Expected ",", found "2".'],
    'a string over two lines': [
      'name: "a\nb"',
      '1:9: String literals cannot cross line boundaries.',
    ],
    'a backslash at the end of a line': [
      'name: "a\\\nb"',
      '1:10: String literals cannot cross line boundaries.',
    ],
    'a string that does not end': ['name: "a', '1:7: Unexpected end of string.'],
    'an unknown escape': ['name: "\\q"', '1:7: Invalid escape sequence in string literal.'],
    'an escaped surrogate': ['name: "\\ud800"', '1:7: Invalid escape sequence in string literal.'],
    'an octal escape beyond a byte': [
      'name: "\\777"',
      '1:7: Invalid escape sequence in string literal.',
    ],
    'bytes that are no UTF-8': ['name: "\\377"', '1:7: String contains invalid UTF-8 data.'],
    'a number with letters': [
      'max_batch_size: 4input',
      '1:18: Need space between number and identifier.',
    ],
    'an octal number with an 8': [
      'max_batch_size: 08',
      '1:19: Numbers starting with leading zero must be in octal.',
    ],
    'a hexadecimal number without digits': [
      'max_batch_size: 0x',
      '1:19: "0x" must be followed by hex digits.',
    ],
    'an exponent without digits': ['max_batch_size: 1e', '1:19: "e" must be followed by exponent.'],
    'two decimal points': [
      'max_batch_size: 1.2.3',
      "1:20: Already saw decimal point or exponent; can't have another one.",
    ],
    'an octal fraction': ['max_batch_size: 01.5', '1:19: Hex and octal numbers must be integers.'],
    'letters that are not ASCII': ['é: 1', '1:1: Interpreting non ascii codepoint 233.'],
    'control characters': ['\u0001', '1:1: Invalid control characters encountered in text.'],
    'a comment of another language': [
      'max_batch_size: 1 // x',
      '1:19: Expected identifier, got: /',
    ],
  };
  for (const [what, [text, message]] of Object.entries(refusals)) {
    test(what, () => assertRefused(text, message));
  }

  test('a huge number, without computing it', () => {
    assertRefused(
      `max_batch_size: ${'9'.repeat(500_000)}`,
      `1:17: Integer out of range (${'9'.repeat(500_000)})`,
    );
  });

  test('a text beyond the size limit', () => {
    assert.throws(() => parse(' '.repeat(1024 * 1024 + 1)), {
      message: /^config\.pbtxt: the configuration has 1048577 characters, more than the 1048576 /,
    });
  });

  test('deep nesting, at the first level that the schema does not have', () => {
    assertRefused(
      'input '.concat('{ input '.repeat(100_000)),
      '1:9: Message type "inference.ModelInput" has no field named "input".',
    );
  });
});

/** A linear congruential generator: the same mutations in every run. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const FRAGMENTS = [
  '{',
  '}',
  '[',
  ']',
  '<',
  '>',
  ':',
  ',',
  '"',
  "'",
  '\\',
  '#',
  '-',
  '0',
  '0x',
  '1e',
  '9',
];

function mutate(text: string, random: (limit: number) => number): string {
  const start = random(text.length);
  const end = start + random(6);
  const fragment = FRAGMENTS[random(FRAGMENTS.length)] ?? '';
  switch (random(4)) {
    case 0:
      return text.slice(0, start) + text.slice(end);
    case 1:
      return text.slice(0, start) + fragment + text.slice(start);
    case 2:
      return text.slice(0, start) + String.fromCharCode(random(0x3000)) + text.slice(end);
    default:
      return text.slice(0, start) + text.slice(start, start + 40) + text.slice(start);
  }
}

test('a mutated configuration is refused with an InferError, or parsed and printed', () => {
  const path = new URL('../src/fixtures/every_field/config.pbtxt', import.meta.url);
  const valid = readFileSync(path, 'utf8');
  const random = randomNumbers(20260101);
  const outcomes = { parsed: 0, refused: 0 };
  for (let round = 0; round < 3000; round += 1) {
    const text = mutate(round % 2 === 0 ? valid : mutate(valid, random), random);
    try {
      JSON.parse(configJson(parse(text)));
      outcomes.parsed += 1;
    } catch (error) {
      assert.ok(isInferError(error), `${error}\n${text}`);
      assert.match(error.message, /^config\.pbtxt:\d+:\d+: ./);
      outcomes.refused += 1;
    }
  }
  assert.ok(outcomes.parsed > 100 && outcomes.refused > 1000, JSON.stringify(outcomes));
});
