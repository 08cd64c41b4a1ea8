import { InferError } from '@nereid/core';

/** The algorithms by the name a parameter gives them, as Node and as messages spell them. */
const ALGORITHMS = {
  md5: { hash: 'md5', label: 'MD5', digits: 32 },
  sha256: { hash: 'sha256', label: 'SHA256', digits: 64 },
} as const;

export type Algorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS];

/** What one file of a model must be like. */
export interface FileChecksum {
  readonly algorithm: Algorithm;
  /** In the model's folder. */
  readonly path: string;
  /** Lower-case hexadecimal digits. */
  readonly digest: string;
}

/**
 * Reads a parameter: `<algorithm>:<path>` and the digest. Throws an InferError with the text of
 * Triton's agent for a key without algorithm, or with one that is unknown (spec §5).
 */
export function parseFileChecksum(key: string, digest: string): FileChecksum {
  const [, name, path] = /^([^:]*):(.*)$/s.exec(key) ?? [];
  if (name === undefined || path === undefined) {
    throw new InferError('INVALID_ARG', `failed to parse key: ${key}`);
  }
  const algorithm = algorithmOf(name);
  const normalized = digest.trim().toLowerCase();
  if (new RegExp(`^[0-9a-f]{${algorithm.digits}}$`).test(normalized)) {
    return { algorithm, path, digest: normalized };
  }
  throw new InferError(
    'INVALID_ARG',
    `the ${algorithm.label} hash of file ${path} has ${algorithm.digits} hexadecimal digits, ` +
      `got: ${digest}`,
  );
}

function algorithmOf(name: string): Algorithm {
  switch (name.toLowerCase().replace('-', '')) {
    case 'md5':
      return ALGORITHMS.md5;
    case 'sha256':
      return ALGORITHMS.sha256;
    default:
      throw new InferError('UNSUPPORTED', `Unsupported checksum algorithm: ${name}`);
  }
}
