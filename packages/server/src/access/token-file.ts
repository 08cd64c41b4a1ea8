/** The format of `--auth-tokens-file`, as `docs/security.md` describes it. */

import { API_CATEGORIES, type ApiCategory } from '@nereid/core';
import { type GrantedToken, type TokenTable, tokenDigest, tokenKey } from './token-table.js';

/** More than that is the business of a directory service. */
const MAX_TOKENS = 10_000;

/** Shorter ones could be guessed. */
const MIN_TOKEN_LENGTH = 16;

const ANONYMOUS = 'anonymous';
const ALL_APIS = 'all';
const DIGEST = /^sha256:([0-9a-f]{64})$/i;

/**
 * Parses tokens, one a line or as JSON. Throws an Error that says where and what is wrong, and
 * never shows a token.
 */
export function parseTokenFile(text: string): TokenTable {
  const table = new TableDraft();
  if (text.trimStart().startsWith('{')) readJson(table, text);
  else readLines(table, text);
  return table.finish();
}

class TableDraft {
  #anonymous: ReadonlySet<ApiCategory> = new Set();
  readonly #tokens = new Map<string, GrantedToken>();

  setAnonymous(grants: ReadonlySet<ApiCategory>): void {
    this.#anonymous = grants;
  }

  add(token: string, grants: ReadonlySet<ApiCategory>): void {
    const digest = digestOf(token);
    const key = tokenKey(digest);
    if (this.#tokens.has(key)) throw new Error('the token occurs twice');
    if (this.#tokens.size === MAX_TOKENS) throw new Error(`more than ${MAX_TOKENS} tokens`);
    this.#tokens.set(key, { digest, grants });
  }

  finish(): TokenTable {
    if (this.#tokens.size === 0) throw new Error('there is no token in it');
    return { anonymous: this.#anonymous, tokens: this.#tokens };
  }
}

function digestOf(token: string): Buffer {
  const digest = DIGEST.exec(token)?.[1];
  if (digest !== undefined) return Buffer.from(digest, 'hex');
  if (token.length < MIN_TOKEN_LENGTH) {
    throw new Error(`a token needs at least ${MIN_TOKEN_LENGTH} characters`);
  }
  if (!/^[!-~]+$/.test(token)) throw new Error('a token has no blanks, and only ASCII characters');
  return tokenDigest(token);
}

function readLines(table: TableDraft, text: string): void {
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line.trim().split(/\s+/);
    const [token = '', apis, ...rest] = words;
    if (token === '' || token.startsWith('#')) continue;
    atPlace(`line ${index + 1}`, () => {
      if (apis === undefined || rest.length > 0) {
        throw new Error('a line is a token, a blank and the APIs it grants, with commas between');
      }
      const grants = parseGrants(apis.split(','));
      if (token === ANONYMOUS) table.setAnonymous(grants);
      else table.add(token, grants);
    });
  }
}

function readJson(table: TableDraft, text: string): void {
  const document = membersOf(parseJson(text), ['anonymous', 'tokens']);
  if (document['anonymous'] !== undefined) {
    atPlace('"anonymous"', () => table.setAnonymous(grantsOf(document['anonymous'])));
  }
  const { tokens } = document;
  if (!Array.isArray(tokens)) throw new Error('"tokens" has to be a list');
  for (const [index, entry] of tokens.entries()) {
    atPlace(`token ${index + 1}`, () => {
      const { token, apis } = membersOf(entry, ['name', 'token', 'apis']);
      if (typeof token !== 'string') throw new Error('"token" has to be a text');
      table.add(token, grantsOf(apis));
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, and with it a token.
    throw new Error('it is no JSON, although it begins with a brace');
  }
}

function membersOf(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new Error('an object is expected');
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new Error(`"${name}" is unknown; there are ${known.join(', ')}`);
    }
  }
  return { ...value };
}

function grantsOf(apis: unknown): ReadonlySet<ApiCategory> {
  if (apis === ALL_APIS) return parseGrants([apis]);
  if (Array.isArray(apis) && apis.every((api) => typeof api === 'string')) return parseGrants(apis);
  throw new Error(`"apis" has to be "${ALL_APIS}" or a list of APIs`);
}

function parseGrants(names: readonly string[]): ReadonlySet<ApiCategory> {
  if (names.length === 1 && names[0] === ALL_APIS) return new Set(API_CATEGORIES);
  return new Set(names.map(parseCategory));
}

function parseCategory(name: string): ApiCategory {
  const category = API_CATEGORIES.find((candidate) => candidate === name);
  if (category !== undefined) return category;
  throw new Error(`no API is called '${name}'; there are ${API_CATEGORIES.join(', ')}`);
}

function atPlace(place: string, action: () => void): void {
  try {
    action();
  } catch (cause) {
    throw new Error(`${place}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
