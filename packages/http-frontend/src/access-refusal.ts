import type { ApiCategory, Authorizer } from '@nereid/core';
import type { HttpExchange, HttpResponse } from './http-exchange.js';
import { errorResponse } from './json-response.js';

/** RFC 9110 wants it with each 401: what the client has to bring. */
const CHALLENGE = ['WWW-Authenticate', 'Bearer'] as const;

const BEARER = /^bearer +(\S+) *$/i;

const TOKEN_NEEDED =
  "This API needs a token: send 'Authorization: Bearer <token>' or 'X-API-Key: <token>'";
const TOKEN_UNKNOWN = 'The token is not valid';

/**
 * The answer to a request whose token does not grant the API, or that has none; undefined when it
 * may proceed.
 */
export function accessRefusal(
  authorizer: Authorizer | undefined,
  category: ApiCategory,
  exchange: HttpExchange,
): HttpResponse | undefined {
  if (authorizer === undefined) return undefined;
  const token = tokenOf(exchange);
  const decision = authorizer.decide(token, category);
  if (decision === 'granted') return undefined;
  if (decision === 'forbidden') {
    return errorResponse(403, `The token does not grant the API '${category}'`);
  }
  const { status, headers, chunks } = errorResponse(
    401,
    token === undefined ? TOKEN_NEEDED : TOKEN_UNKNOWN,
  );
  return { status, headers: [...headers, ...CHALLENGE], chunks };
}

function tokenOf(exchange: HttpExchange): string | undefined {
  const authorization = exchange.header('authorization');
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return bearer ?? exchange.header('x-api-key');
}
