/** Changes to JSON documents that keep them JSON, or nearly so. */

const NUMBERS = [0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 65536];
const SPECIAL_KEYS = ['inputs', 'outputs', 'parameters', 'data', 'shape', 'name', '__proto__', ''];
const MAX_DEPTH = 150;

/** A document as text, with one or a few of its values exchanged, removed or doubled. */
export function mutatedJson(document, random) {
  const copy = structuredClone(document);
  for (let edits = 1 + random.below(3); edits > 0; edits--) mutateSomewhere(copy, random);
  const text = JSON.stringify(copy);
  // Numbers that JSON.stringify cannot write.
  if (random.chance(0.1))
    return text.replace(/\d+/, random.pick(['1e999', '-0', '00', '9'.repeat(40)]));
  return text;
}

export function anyValue(random, depth = 0) {
  const kinds = [
    () => random.pick(NUMBERS),
    () => random.text(12),
    () => random.chance(0.5),
    () => null,
    () => Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1)),
    () => ({ [random.pick(SPECIAL_KEYS)]: anyValue(random, depth + 1) }),
    () => nested(random.below(MAX_DEPTH)),
  ];
  return random.pick(depth > 3 ? kinds.slice(0, 4) : kinds)();
}

function nested(depth) {
  let value = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

/** Walks to a random place and changes it. */
function mutateSomewhere(document, random) {
  let place = document;
  while (true) {
    const keys = Object.keys(place);
    if (keys.length === 0) return;
    const key = random.pick(keys);
    const value = place[key];
    if (typeof value !== 'object' || value === null || random.chance(0.3)) {
      return change(place, key, random);
    }
    place = value;
  }
}

function change(place, key, random) {
  random.pick([
    () => {
      place[key] = anyValue(random);
    },
    () => {
      delete place[key];
    },
    () => {
      place[random.pick(SPECIAL_KEYS)] = place[key];
    },
    () => {
      if (Array.isArray(place)) place.push(...place.slice(0, 100));
    },
    () => {
      if (typeof place[key] === 'string') place[key] = random.text(300);
      else place[key] = [place[key], place[key]];
    },
  ])();
}
