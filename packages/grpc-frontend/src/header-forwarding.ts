import { InferError, NO_PARAMETERS, type Parameters } from '@nereid/core';
import type { GrpcCall } from './grpc-call.js';

/** Takes the metadata that is passed on to models as request parameters. */
export type HeaderForwarding = (call: GrpcCall) => Parameters;

/**
 * Forwards the metadata entries whose name `pattern` matches anywhere, whatever the case. An empty
 * pattern forwards nothing. Throws INVALID_ARG for an invalid pattern.
 */
export function headerForwarding(pattern: string): HeaderForwarding {
  if (pattern === '') return () => NO_PARAMETERS;
  const expression = parsePattern(pattern);
  return (call) => {
    const parameters = new Map<string, string>();
    for (const [name, value] of call.headers()) {
      if (expression.test(name)) parameters.set(name, value);
    }
    return parameters;
  };
}

function parsePattern(pattern: string): RegExp {
  // Case never matters here, so RE2's way to say so is merely redundant; JavaScript does not know
  // it.
  const source = pattern.replace(/^\(\?i\)/, '');
  try {
    return new RegExp(source, 'i');
  } catch (cause) {
    throw new InferError(
      'INVALID_ARG',
      `gRPC setting 'header-forward-pattern' is no regular expression: '${pattern}'`,
      { cause },
    );
  }
}
