import { constants, copyFile, link, mkdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of a model, and the object in the cache that it is made of. */
export interface SnapshotFile {
  readonly path: string;
  readonly cacheName: string;
  readonly modifiedMs: number;
}

interface Layout {
  /** The model's folder while it is being made. */
  readonly staging: string;
  readonly files: readonly SnapshotFile[];
  /** Each after the ones it is in. */
  readonly folders: readonly string[];
  readonly accessMs: number;
  objectPath(cacheName: string): string;
}

/** Returns false when an object is not there. */
export async function layOutModel(layout: Layout): Promise<boolean> {
  const { staging, files, folders } = layout;
  await mkdir(staging, { recursive: true, mode: 0o700 });
  for (const folder of folders) await mkdir(join(staging, folder), { recursive: true });
  try {
    for (const file of files) await layOutFile(layout, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Access times tell when an object was last used; modification times are those of the store. */
async function layOutFile(layout: Layout, file: SnapshotFile): Promise<void> {
  const source = layout.objectPath(file.cacheName);
  const target = join(layout.staging, file.path);
  await utimes(source, layout.accessMs / 1000, file.modifiedMs / 1000);
  try {
    await link(source, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw error;
    // Not every file system has links. A copy takes its time and space, but serves as well.
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    await utimes(target, layout.accessMs / 1000, file.modifiedMs / 1000);
  }
}
