import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { isInferError } from '@nereid/core';
import { configJson, emptyConfig, parseConfigJson } from './index.js';

function parse(value: unknown) {
  return parseConfigJson(JSON.stringify(value), 'config.json');
}

describe('parseConfigJson accepts', () => {
  test('both names of a field', () => {
    const expected = { ...emptyConfig('m'), maxBatchSize: 4 };
    assert.deepEqual(parse({ name: 'm', max_batch_size: 4 }), expected);
    assert.deepEqual(parse({ name: 'm', maxBatchSize: 4 }), expected);
  });

  test('integers as numbers and as strings', () => {
    const dims = parse({ input: [{ dims: [1, '-1', 2.0, '9223372036854775807'] }] }).input[0]?.dims;
    assert.deepEqual(dims, [1, -1, 2, 2 ** 63]);
  });

  test('enum names in any case and enum numbers', () => {
    const kinds = parse({
      instance_group: [{ kind: 'kind_cpu' }, { kind: 'KIND_MODEL' }, { kind: 1 }],
    });
    assert.deepEqual(
      kinds.instanceGroup.map((group) => group.kind),
      ['KIND_CPU', 'KIND_MODEL', 'KIND_GPU'],
    );
  });

  test('maps as objects, with hostile keys', () => {
    const config = parseConfigJson(
      '{"parameters":{"__proto__":{"string_value":"x"}},"metric_tags":{"a":"b"}}',
      'config.json',
    );
    assert.deepEqual(Object.entries(config.parameters), [['__proto__', { stringValue: 'x' }]]);
    assert.equal(Object.getPrototypeOf(config.parameters), Object.prototype);
    assert.deepEqual(config.metricTags, { a: 'b' });
  });

  test('null as unset', () => {
    assert.deepEqual(parse({ name: 'm', optimization: null, input: null }), emptyConfig('m'));
  });

  test('floating-point numbers as numbers and as strings', () => {
    const controls = [{ fp32_false_true: [0.1, '1e3', 'NaN', '-Infinity'] }];
    const config = parse({ sequence_batching: { control_input: [{ control: controls }] } });
    assert.deepEqual(config.sequenceBatching?.controlInput[0]?.control[0]?.fp32FalseTrue, [
      Math.fround(0.1),
      1000,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
    ]);
  });
});

describe('parseConfigJson refuses', () => {
  const refusals: Readonly<Record<string, readonly [value: unknown, message: string]>> = {
    'an unknown field': [
      { foo: 1 },
      'config.json: Message type "inference.ModelConfig" has no field named "foo".',
    ],
    'an unknown field deep inside': [
      { input: [{}, { nme: 'x' }] },
      'config.json: input[1]: Message type "inference.ModelInput" has no field named "nme".',
    ],
    'a field under both of its names': [
      { max_batch_size: 1, maxBatchSize: 2 },
      'config.json: maxBatchSize: Non-repeated field "max_batch_size" is specified multiple times.',
    ],
    'two members of a oneof': [
      { dynamic_batching: {}, sequence_batching: {} },
      'config.json: sequence_batching: Field "sequence_batching" is specified along ' +
        'with field "dynamic_batching", another member of oneof "scheduling_choice".',
    ],
    'a string for an integer': [
      { input: [{ dims: ['x'] }] },
      'config.json: input[0].dims[0]: expected an integer between ' +
        '-9223372036854775808 and 9223372036854775807, got "x"',
    ],
    'a fraction for an integer': [
      { max_batch_size: 1.5 },
      'config.json: max_batch_size: expected an integer between -2147483648 and ' +
        '2147483647, got 1.5',
    ],
    'an integer beyond its range': [
      { max_batch_size: 2147483648 },
      'config.json: max_batch_size: expected an integer between -2147483648 and ' +
        '2147483647, got 2147483648',
    ],
    'a number for a string': [{ name: 1 }, 'config.json: name: expected a string, got 1'],
    'a string for a boolean': [
      { response_cache: { enable: 'true' } },
      'config.json: response_cache.enable: expected true or false, got "true"',
    ],
    'a scalar for a list': [{ input: 1 }, 'config.json: input: expected an array, got 1'],
    'a list for a message': [
      { optimization: [] },
      'config.json: optimization: expected an object, got an array',
    ],
    'null in a list': [{ input: [null] }, 'config.json: input[0]: expected an object, got null'],
    'an unknown enum name': [
      { instance_group: [{ kind: 'KIND_FOO' }] },
      'config.json: instance_group[0].kind: expected one of KIND_AUTO, KIND_GPU, ' +
        'KIND_CPU, KIND_MODEL, got "KIND_FOO"',
    ],
    'a word as the key of a numbered map': [
      { dynamic_batching: { priority_queue_policy: { high: {} } } },
      'config.json: dynamic_batching.priority_queue_policy["high"]: expected a ' +
        'non-negative integer as key, got "high"',
    ],
    'a list as the whole': [[], 'config.json: expected an object, got an array'],
  };
  for (const [what, [value, message]] of Object.entries(refusals)) {
    test(what, () => assert.throws(() => parse(value), { code: 'INVALID_ARG', message }));
  }

  test('what is not JSON', () => {
    assert.throws(() => parseConfigJson('{bad', 'config.json'), {
      code: 'INVALID_ARG',
      message: /^config\.json: not valid JSON: ./,
    });
  });

  test('deeply nested lists without running out of stack', () => {
    const text = `{"input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    assert.throws(() => parseConfigJson(text, 'config.json'), {
      code: 'INVALID_ARG',
    });
  });
});

/** A value of each JSON type, to stand where another is expected. */
const STRANGE_VALUES = [null, true, -1, 1.5, 1e300, '', 'KIND_CPU', '12', [], [[]], {}, { a: {} }];

type Visit = (container: object, key: string) => void;

function visitMembers(value: unknown, visit: Visit): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    visit(value, key);
    visitMembers(member, visit);
  }
}

test('a strange value anywhere is read or refused with an InferError that names the place', () => {
  const path = new URL('../src/fixtures/every_field/answer.json', import.meta.url);
  const valid: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const outcomes = { parsed: 0, refused: 0 };
  visitMembers(valid, (container, key) => {
    const original: unknown = Reflect.get(container, key);
    for (const strange of STRANGE_VALUES) {
      Reflect.set(container, key, strange);
      try {
        JSON.parse(configJson(parse(valid)));
        outcomes.parsed += 1;
      } catch (error) {
        assert.ok(isInferError(error), String(error));
        assert.match(error.message, /^config\.json: [a-z_]+.*: ./);
        outcomes.refused += 1;
      }
    }
    Reflect.set(container, key, original);
  });
  assert.ok(outcomes.parsed > 100 && outcomes.refused > 500, JSON.stringify(outcomes));
});
