import type { HeaderFields } from './http-exchange.js';

/** The first value of the field; `name` is in lower case. Cheaper than an object of all fields. */
export function findHeader(fields: HeaderFields, name: string): string | undefined {
  for (let index = 0; index < fields.length; index += 2) {
    const candidate = fields[index];
    if (candidate?.length === name.length && candidate.toLowerCase() === name) {
      return fields[index + 1];
    }
  }
  return undefined;
}

/** The fields whose name matches, with their names as received. */
export function matchingHeaders(
  fields: HeaderFields,
  pattern: RegExp,
): readonly (readonly [string, string])[] {
  const matching: (readonly [string, string])[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    if (pattern.test(name)) matching.push([name, fields[index + 1] ?? '']);
  }
  return matching;
}
