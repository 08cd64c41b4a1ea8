import { hash, timingSafeEqual } from 'node:crypto';
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
  readonly tokens: readonly GrantedToken[];
}

export function tokenDigest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/**
 * Decides on a request. All tokens are looked at, and compared by their digests, so that the time
 * it takes tells nothing about any of them.
 */
export function decideAccess(
  table: TokenTable,
  token: string | undefined,
  category: ApiCategory,
): AccessDecision {
  if (table.anonymous.has(category)) return 'granted';
  if (token === undefined) return 'unauthenticated';
  const digest = tokenDigest(token);
  let grants: ReadonlySet<ApiCategory> | undefined;
  for (const candidate of table.tokens) {
    if (timingSafeEqual(candidate.digest, digest)) grants = candidate.grants;
  }
  if (grants === undefined) return 'unauthenticated';
  return grants.has(category) ? 'granted' : 'forbidden';
}
