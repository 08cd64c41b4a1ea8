import { timingSafeEqual } from 'node:crypto';
import { API_CATEGORIES, type ApiCategory, InferError } from '@nereid/core';
import type { HttpExchange } from './http-exchange.js';

/** The header field, and its value, that requests to a category must carry. */
interface RequiredHeader {
  readonly name: string;
  readonly value: string;
}

export type RestrictedApis = ReadonlyMap<ApiCategory, RequiredHeader>;

/**
 * Parses lines of the form `<category>[,<category>…]:<header>=<value>`.
 * Throws INVALID_ARG for an unknown category and for one that occurs twice.
 */
export function parseRestrictedApis(text: string): RestrictedApis {
  const restricted = new Map<ApiCategory, RequiredHeader>();
  for (const line of text.split('\n').filter((candidate) => candidate.trim() !== '')) {
    const match = /^([^:]+):([^=]+)=(.*)$/.exec(line);
    if (match === null) {
      throw new InferError(
        'INVALID_ARG',
        `restricted API '${line}' is not of the form <api>[,<api>]:<header>=<value>`,
      );
    }
    const [, names = '', name = '', value = ''] = match;
    for (const category of names.split(',').map(parseCategory)) {
      if (restricted.has(category)) {
        throw new InferError('INVALID_ARG', `restricted API '${category}' is in two groups`);
      }
      restricted.set(category, { name, value });
    }
  }
  return restricted;
}

/** The name of the header field that the request lacks or that has another value, or undefined. */
export function missingHeader(
  restricted: RestrictedApis,
  category: ApiCategory,
  exchange: HttpExchange,
): string | undefined {
  const required = restricted.get(category);
  if (required === undefined) return undefined;
  const value = exchange.header(required.name.toLowerCase());
  return value !== undefined && isSame(value, required.value) ? undefined : required.name;
}

function parseCategory(name: string): ApiCategory {
  const category = API_CATEGORIES.find((candidate) => candidate === name.trim());
  if (category !== undefined) return category;
  throw new InferError(
    'INVALID_ARG',
    `unknown restricted API '${name.trim()}', expected one of ${API_CATEGORIES.join(', ')}`,
  );
}

/** Takes the same time wherever the texts differ, as the value is a secret. */
function isSame(value: string, expected: string): boolean {
  const bytes = Buffer.from(value);
  const expectedBytes = Buffer.from(expected);
  return bytes.length === expectedBytes.length && timingSafeEqual(bytes, expectedBytes);
}
