import { InferError } from '@nereid/core';

/** Where an `s3://` location leads. */
export interface S3Location {
  /** The URL of a server that speaks the protocol; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  readonly bucket: string;
  /** Of all keys: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Without needless slashes, for messages and credentials. */
  readonly url: string;
}

const HOST_WITH_PORT = /^(?:\[[0-9a-f:.]+\]|[^/:@]+):[0-9]+$/i;

/**
 * `s3://bucket/path`, `s3://host:port/bucket/path`, or the latter with `http://` or `https://`
 * before the host. Without either it is HTTP, as it is for Triton (spec §5).
 */
export function parseS3Location(location: string): S3Location {
  const [, protocol, rest = ''] = /^s3:\/\/(https?:\/\/)?(.*)$/s.exec(location) ?? [];
  const segments = rest.split('/').filter((segment) => segment !== '');
  const hasHost = protocol !== undefined || HOST_WITH_PORT.test(segments[0] ?? '');
  const host = hasHost ? segments.shift() : undefined;
  const [bucket, ...path] = segments;
  if (bucket === undefined || host?.includes('@')) {
    throw new InferError(
      'INVALID_ARG',
      'an S3 location is s3://<bucket>/<path> or s3://[https://]<host>:<port>/<bucket>/<path>, ' +
        'without credentials',
    );
  }
  return {
    endpoint: host === undefined ? undefined : `${protocol ?? 'http://'}${host}`,
    bucket,
    prefix: path.map((segment) => `${segment}/`).join(''),
    url: `s3://${protocol ?? ''}${[...(host === undefined ? [] : [host]), ...segments].join('/')}`,
  };
}
