import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AccessDecision, ApiCategory } from '@nereid/core';

/** What one token grants. Only the digest of the token is kept. */
export interface GrantedToken {
  /** SHA-256 of the token's UTF-8 text. */
  readonly digest: Buffer;
  readonly grants: ReadonlySet<ApiCategory>;
}

/** The tokens of a server, and what requests without one may use. */
export interface TokenTable {
  readonly anonymous: ReadonlySet<ApiCategory>;
  /** By `tokenKey` of the digest. */
  readonly tokens: ReadonlyMap<string, GrantedToken>;
}

/**
 * Known to this process only. Nobody can tell what a token's key looks like, and so the time that
 * looking for it takes tells nothing about the tokens there are.
 */
const KEY_SECRET = randomBytes(32);

export function tokenDigest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

export function tokenKey(digest: Buffer): string {
  return hash('sha256', Buffer.concat([KEY_SECRET, digest]), 'base64');
}

/** Decides on a request, in a time that does not depend on how right its token is. */
export function decideAccess(
  table: TokenTable,
  token: string | undefined,
  category: ApiCategory,
): AccessDecision {
  if (table.anonymous.has(category)) return 'granted';
  if (token === undefined) return 'unauthenticated';
  const digest = tokenDigest(token);
  const known = table.tokens.get(tokenKey(digest));
  if (known === undefined || !timingSafeEqual(known.digest, digest)) return 'unauthenticated';
  return known.grants.has(category) ? 'granted' : 'forbidden';
}
