/** What all transports have in common when they begin to listen. */

import { InferError } from '@nereid/core';

/** Older Nodes ignore the option, and the second process would fail with a puzzling error. */
export function checkReusePort(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)) return;
  throw new InferError(
    'UNSUPPORTED',
    `sharing a port needs Node.js 22.12 or later, this is ${process.versions.node}`,
  );
}

/** Names the address that cannot be had. */
export function cannotListen(
  { host, port }: { readonly host: string; readonly port: number },
  cause: unknown,
): InferError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InferError('UNAVAILABLE', `cannot listen on ${host}:${port}: ${reason}`, { cause });
}
