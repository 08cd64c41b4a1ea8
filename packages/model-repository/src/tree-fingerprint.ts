import { createHash } from 'node:crypto';
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

/**
 * A short text that changes with the name, size or time of any file at or below the paths, which
 * are those below `base`. Where `base` is does not matter.
 */
export async function fingerprintTree(base: string, paths: readonly string[]): Promise<string> {
  const tree = new TreeFingerprint(base);
  for (const path of paths) await tree.add(path, 0);
  return tree.digest();
}

class TreeFingerprint {
  readonly #hash = createHash('sha256');
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  digest(): string {
    return this.#hash.digest('base64url');
  }

  /**
   * The time of a folder is left out on purpose: loading a Python model writes `__pycache__` into
   * its folder, which must not look like a change of the model. Names tell what came and went. A
   * file that vanishes between two steps is skipped; the next look differs then.
   */
  async add(path: string, depth: number): Promise<void> {
    const location = join(this.#base, path);
    const info = await stat(location, { bigint: true }).catch(() => undefined);
    if (!info) return;
    if (!info.isDirectory()) {
      this.#hash.update(`${path}\0${info.size}\0${info.mtimeNs}\n`);
      return;
    }
    this.#hash.update(`${path}/\n`);
    if (depth >= MAX_DEPTH) return;
    for (const { name } of await listFolder(location)) {
      if (name.startsWith('.') || name === '__pycache__') continue;
      await this.add(join(path, name), depth + 1);
    }
  }
}
