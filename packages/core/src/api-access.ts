/** The groups of endpoints and methods that access is granted to or restricted (spec §1.10). */
export const API_CATEGORIES = [
  'health',
  'metadata',
  'inference',
  'shared-memory',
  'model-config',
  'model-repository',
  'statistics',
  'trace',
  'logging',
] as const;

export type ApiCategory = (typeof API_CATEGORIES)[number];

/** `unauthenticated`: there is no token, or nobody knows it. `forbidden`: it grants other APIs. */
export type AccessDecision = 'granted' | 'unauthenticated' | 'forbidden';

/** Knows what the tokens of clients are good for. */
export interface Authorizer {
  /**
   * Called by front ends for every request, with the token that came with it. Takes as long for a
   * token that is nearly right as for any other.
   */
  decide(token: string | undefined, category: ApiCategory): AccessDecision;
}
