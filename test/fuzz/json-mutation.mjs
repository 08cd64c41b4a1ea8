/** Changes to JSON documents that keep most of their structure, so that they get far into a server. */

const LIMITS = [
  ...['0', '-0', '-1', '1.0', '1e0', '1.5', '65536', '2147483647', '2147483648', '-2147483649'],
  ...['4294967296', '9007199254740993', '9223372036854775807', '9223372036854775808'],
  ...['-9223372036854775809', '18446744073709551615', '18446744073709551616', '1e308', '1e999'],
  ...['-1e999', 'NaN', 'Infinity', '-Inf', '1E-400', '9'.repeat(400)],
];
/** What only looks like a number. */
const BROKEN_NUMBERS = ['01', '0x10', '.5', '1.', '+1', '1e', '--1', '1_000'];
const KEYS = ['inputs', 'outputs', 'parameters', 'data', 'shape', 'name', 'datatype', 'id'];
const SPECIAL_KEYS = [
  ...KEYS,
  '__proto__',
  'constructor',
  'toString',
  '',
  '\u0000',
  'binary_data_size',
];
const MAX_DEPTH = 150;
const MANY = 3000;

/** A number, or what looks like one, written as it is. */
class Literal {
  constructor(text) {
    this.text = text;
  }
}

/** A document as text, with one or a few of its values, keys or characters changed. */
export function mutatedJson(document, random) {
  const copy = structuredClone(document);
  for (let edits = 1 + random.below(3); edits > 0; edits--) mutateSomewhere(copy, random);
  const text = write(copy, random.chance(0.2) ? random : undefined);
  return random.chance(0.08) ? brokenSyntax(text, random) : text;
}

/** Any JSON document, as a value. */
export function anyValue(random, depth = 0) {
  const kinds = [
    () => Number(random.pick(LIMITS.slice(0, 10))),
    () => random.text(12),
    () => random.chance(0.5),
    () => null,
    () => Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1)),
    () => ({ [random.pick(SPECIAL_KEYS)]: anyValue(random, depth + 1) }),
    () => nested([], random.below(MAX_DEPTH)),
  ];
  return random.pick(depth > 3 ? kinds.slice(0, 4) : kinds)();
}

function nested(value, depth) {
  let result = value;
  for (let i = 0; i < depth; i++) result = [result];
  return result;
}

/** Walks to a random place and changes it. */
function mutateSomewhere(document, random) {
  let place = document;
  while (true) {
    const keys = Object.keys(place);
    if (keys.length === 0) return;
    const key = random.pick(keys);
    const value = place[key];
    const isLeaf = typeof value !== 'object' || value === null || value instanceof Literal;
    if (isLeaf || random.chance(0.3)) return change(place, key, random);
    place = value;
  }
}

function change(place, key, random) {
  const value = place[key];
  if (random.chance(0.6)) {
    place[key] = random.pick(changesFor(value))(value, random);
    return;
  }
  random.pick([
    () => {
      place[key] = anyValue(random);
    },
    () => {
      delete place[key];
    },
    () => {
      if (!Array.isArray(place)) place[random.pick(SPECIAL_KEYS)] = value;
    },
    () => {
      if (Array.isArray(place)) place.push(...place.slice(0, 100));
    },
  ])();
}

/** Changes that fit the type of a value: they swap it for a neighbour, or go to a limit. */
function changesFor(value) {
  if (Array.isArray(value)) return ARRAY_CHANGES;
  if (typeof value === 'object' && value !== null) return OBJECT_CHANGES;
  if (typeof value === 'string') return STRING_CHANGES;
  return SCALAR_CHANGES;
}

const wrap = (value, random) => nested(value, 1 + random.below(random.pick([3, 3, MAX_DEPTH])));

const SCALAR_CHANGES = [
  (_, random) => new Literal(random.pick(LIMITS)),
  (_, random) => new Literal(random.pick(random.chance(0.3) ? BROKEN_NUMBERS : LIMITS)),
  (value, random) => Number(value) + random.pick([1, -1, 0.5]),
  (value) => String(value),
  (value) => !value,
  () => null,
  wrap,
];

const STRING_CHANGES = [
  (value) => new Literal(String(value.length)),
  (value) => value.slice(0, -1),
  (value) => `${value}\u0000`,
  (value) => value.toLowerCase(),
  (value) => [...value],
  (value) => ({ [value]: value }),
  (_, random) => random.text(300),
  (_, random) => 'z'.repeat(random.pick([255, 4096, 70_000])),
  () => '\ud800',
  wrap,
];

const ARRAY_CHANGES = [
  (value) => value.slice(0, -1),
  (value) => [...value, ...value.slice(-1)],
  (value) => [...value].reverse(),
  (value) => ({ ...value }),
  (value) => value[0] ?? null,
  (value) => [...value, null],
  (value) => value.map((item) => JSON.stringify(item) ?? null),
  (value) => [value, value],
  () => [],
  () => Array.from({ length: MANY }, () => 1),
  (_, random) =>
    Array.from({ length: 1 + random.below(4) }, () => new Literal(random.pick(LIMITS))),
  wrap,
];

const OBJECT_CHANGES = [
  (value) => Object.values(value),
  (value) => Object.entries(value),
  (value, random) => ({ ...value, [random.text(10)]: anyValue(random) }),
  (value) => ({ ...value, parameters: value }),
  (_, random) =>
    Object.fromEntries(Array.from({ length: MANY }, (_, i) => [random.text(4) + i, i])),
  () => ({}),
  () => null,
  wrap,
];

/** JSON text; `odd` is a source of duplicate keys, escapes and blanks, all of which are still JSON. */
function write(value, odd) {
  const blank = odd?.chance(0.1) ? odd.pick([' ', '\n', '\t \r\n']) : '';
  if (value instanceof Literal) return value.text + blank;
  if (Array.isArray(value)) return `[${blank}${value.map((item) => write(item, odd)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).flatMap(([key, item]) => {
      const member = `${writeText(key, odd)}:${blank}${write(item, odd)}`;
      if (!odd?.chance(0.15)) return [member];
      return [member, `${JSON.stringify(key)}:${odd.pick(['null', '[]', '"x"', write(item)])}`];
    });
    return `{${members.join(',')}${blank}}`;
  }
  return typeof value === 'string' ? writeText(value, odd) : JSON.stringify(value) + blank;
}

function writeText(text, odd) {
  if (!odd?.chance(0.2)) return JSON.stringify(text);
  const escaped = [...Array(text.length).keys()].map(
    (at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped.join('')}"`;
}

/** Text that is nearly JSON. */
function brokenSyntax(text, random) {
  const at = random.below(text.length + 1);
  return random.pick([
    () => text.slice(0, at),
    () => `\ufeff${text}`,
    () => `${text}${random.pick([text, ',', '}', '\u0000', ' x'])}`,
    () => text.replace(/[}\]]/, ',$&'),
    () => text.replaceAll('"', "'"),
    () => `${text.slice(0, at)}/* x */${text.slice(at)}`,
    () => text.replace(/:/, ''),
    () => text.replace(/"/, '"\\u12'),
    () => `${' '.repeat(MANY)}${text}`,
  ])();
}
