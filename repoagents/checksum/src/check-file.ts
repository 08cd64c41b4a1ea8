import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, normalize, sep } from 'node:path';
import { InferError } from '@nereid/core';
import type { FileChecksum } from './file-checksum.js';

/**
 * Throws an InferError, with the text of Triton's agent, when the file has another digest. A file
 * is read in small pieces, so that one of any size neither fills the memory nor holds up requests.
 */
export async function checkFile(directory: string, checksum: FileChecksum): Promise<void> {
  const { algorithm, path, digest } = checksum;
  const file = inside(directory, path);
  const hash = createHash(algorithm.hash);
  try {
    for await (const piece of createReadStream(file)) hash.update(piece);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `failed to open text file for read ${path}: ${reason}`, {
      cause,
    });
  }
  const found = hash.digest('hex');
  if (found === digest) return;
  throw new InferError(
    'INVALID_ARG',
    `Mismatched ${algorithm.label} hash for file ${path}, expect: ${digest}, got: ${found}`,
  );
}

/** A configuration may come with a request: it must not learn about files elsewhere. */
function inside(directory: string, path: string): string {
  const file = normalize(join(directory, path));
  if (file.startsWith(directory + sep)) return file;
  throw new InferError('INVALID_ARG', `the file ${path} is not in the model's folder`);
}
