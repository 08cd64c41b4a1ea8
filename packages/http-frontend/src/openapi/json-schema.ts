/** Small makers of JSON Schemas (draft 2020-12), the dialect of OpenAPI 3.1. */

export type JsonSchema = { readonly [keyword: string]: unknown };

/** A schema among the document's components. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

export function arrayOf(items: JsonSchema, more: JsonSchema = {}): JsonSchema {
  return { type: 'array', items, ...more };
}

/**
 * An object. Members that end in `?` may be left out; those that are not listed are allowed, as the
 * server ignores them.
 */
export function objectOf(
  members: Readonly<Record<string, JsonSchema>>,
  more: JsonSchema = {},
): JsonSchema {
  const names = Object.keys(members);
  const required = names.filter((name) => !name.endsWith('?'));
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(members).map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
    ...(required.length > 0 ? { required } : {}),
    ...more,
  };
}

export const STRING: JsonSchema = { type: 'string' };
export const BOOLEAN: JsonSchema = { type: 'boolean' };
/** An integer that is not negative. */
export const UNSIGNED: JsonSchema = { type: 'integer', minimum: 0 };

export function text(description: string): JsonSchema {
  return { type: 'string', description };
}
