import { InferError } from '@nereid/core';

/** Where a `gs://` location leads. */
export interface GcsLocation {
  readonly bucket: string;
  /** Of all names: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Without needless slashes, for messages and credentials. */
  readonly url: string;
}

/** `gs://bucket/path`. */
export function parseGcsLocation(location: string): GcsLocation {
  const segments = location.replace(/^gs:\/\//, '').split('/');
  const [bucket, ...path] = segments.filter((segment) => segment !== '');
  if (bucket === undefined) {
    throw new InferError('INVALID_ARG', 'a Google Cloud Storage location is gs://<bucket>/<path>');
  }
  const prefix = path.map((segment) => `${segment}/`).join('');
  return { bucket, prefix, url: `gs://${[bucket, ...path].join('/')}` };
}
