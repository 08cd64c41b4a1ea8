import { createHash, type Hash } from 'node:crypto';
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Follows folders to this depth, which ends a loop of symbolic links. */
const MAX_DEPTH = 16;

/** The names in a folder, sorted; empty when it does not exist or vanishes meanwhile. */
export async function listFolder(directory: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** A short text that changes with the name, size or time of any file at or below the paths. */
export async function fingerprintTree(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await addPath(hash, path, 0);
  return hash.digest('base64url');
}

/**
 * The time of a folder is left out on purpose: loading a Python model writes `__pycache__` into its
 * folder, which must not look like a change of the model. Names tell what came and went. A file
 * that vanishes between two steps is skipped; the next look differs then.
 */
async function addPath(hash: Hash, path: string, depth: number): Promise<void> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  if (!info) return;
  if (!info.isDirectory()) {
    hash.update(`${path}\0${info.size}\0${info.mtimeNs}\n`);
    return;
  }
  hash.update(`${path}/\n`);
  if (depth >= MAX_DEPTH) return;
  for (const { name } of await listFolder(path)) {
    if (name.startsWith('.') || name === '__pycache__') continue;
    await addPath(hash, join(path, name), depth + 1);
  }
}
