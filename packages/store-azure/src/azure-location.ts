import { InferError } from '@nereid/core';

/** Where an `as://` location leads. */
export interface AzureLocation {
  /** The name of an account, or the host of its blob service. */
  readonly host: string;
  readonly container: string;
  /** Of all names: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Without needless slashes, for messages and credentials. */
  readonly url: string;
}

/** `as://account/container/path`; the account may be written as its whole host name. */
export function parseAzureLocation(location: string): AzureLocation {
  const segments = location.replace(/^as:\/\//, '').split('/');
  const [host, container, ...path] = segments.filter((segment) => segment !== '');
  // A query would be a token of access, which must not end up in logs.
  if (host === undefined || container === undefined || /[?@#]/.test(location)) {
    throw new InferError(
      'INVALID_ARG',
      'an Azure location is as://<account>/<container>/<path>, without a query and credentials',
    );
  }
  const prefix = path.map((segment) => `${segment}/`).join('');
  return { host, container, prefix, url: `as://${[host, container, ...path].join('/')}` };
}
