import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { InferError } from '@nereid/core';

/** Follows folders to this depth, which ends a loop of symbolic links. */
const MAX_DEPTH = 16;
const MAX_FILES = 100_000;

/** Files by their path in the folder, with `/` between names on every platform. */
export interface ModelFiles {
  /** Sorted. */
  readonly files: readonly string[];
  /** Sorted, so that a folder comes before those in it; empty ones too: a version may be one. */
  readonly folders: readonly string[];
}

/**
 * All regular files and folders below a model's folder. Symbolic links are followed. What a running
 * Python model writes (`__pycache__`) is left out, and so are names that begin with `..`, with
 * which mounted volumes keep their own records. Throws an InferError for more than 100,000 files.
 */
export async function listModelFiles(directory: string): Promise<ModelFiles> {
  const files: string[] = [];
  const folders: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH) {
      throw new InferError('INVALID_ARG', `${directory} has folders more than ${MAX_DEPTH} deep`);
    }
    for (const entry of await readdir(join(directory, folder), { withFileTypes: true })) {
      if (entry.name === '__pycache__' || entry.name.startsWith('..')) continue;
      const path = posix.join(folder, entry.name);
      const kind = await kindOf(entry, join(directory, path));
      if (kind === 'file') files.push(path);
      if (files.length > MAX_FILES) {
        throw new InferError('INVALID_ARG', `${directory} has more than ${MAX_FILES} files`);
      }
      if (kind !== 'folder') continue;
      folders.push(path);
      await visit(path, depth + 1);
    }
  };
  await visit('', 1);
  return { files: files.sort(), folders: folders.sort() };
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | 'other'> {
  const info = entry.isSymbolicLink() ? await stat(path) : entry;
  if (info.isFile()) return 'file';
  return info.isDirectory() ? 'folder' : 'other';
}
