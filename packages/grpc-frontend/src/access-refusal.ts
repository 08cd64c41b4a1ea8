import type { ApiCategory, Authorizer } from '@nereid/core';
import type { GrpcCall } from './grpc-call.js';
import { type GrpcStatus, PERMISSION_DENIED, UNAUTHENTICATED } from './grpc-status.js';

const BEARER = /^bearer +(\S+) *$/i;

const TOKEN_NEEDED = "This API needs a token: send the metadata 'authorization: Bearer <token>'";
const TOKEN_UNKNOWN = 'The token is not valid';

/**
 * The end of a call whose token does not grant its method, or that has none; undefined when it may
 * proceed.
 */
export function accessRefusal(
  authorizer: Authorizer | undefined,
  category: ApiCategory,
  call: GrpcCall,
): GrpcStatus | undefined {
  if (authorizer === undefined) return undefined;
  const token = tokenOf(call);
  switch (authorizer.decide(token, category)) {
    case 'granted':
      return undefined;
    case 'forbidden':
      return {
        code: PERMISSION_DENIED,
        message: `The token does not grant the API '${category}'`,
      };
    case 'unauthenticated':
      return {
        code: UNAUTHENTICATED,
        message: token === undefined ? TOKEN_NEEDED : TOKEN_UNKNOWN,
      };
  }
}

function tokenOf(call: GrpcCall): string | undefined {
  const authorization = call.header('authorization');
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  return bearer ?? call.header('x-api-key');
}
