import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OBJECTS, PARTIAL } from './cache-sweep.js';

/** An object in the cache, as its removal is decided. */
export interface CachedObject {
  readonly path: string;
  readonly sizeBytes: number;
  readonly usedMs: number;
  /** A model consists of it: its removal would give nothing back. */
  readonly inUse: boolean;
}

/** Which objects have to go for those that are not in use to fit: the longest unused first. */
export function chooseEvictions(
  objects: readonly CachedObject[],
  limitBytes: number,
): readonly CachedObject[] {
  const idle = objects.filter(({ inUse }) => !inUse).toSorted((a, b) => a.usedMs - b.usedMs);
  let excessBytes = idle.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - limitBytes;
  const evicted: CachedObject[] = [];
  for (const object of idle) {
    if (excessBytes <= 0) break;
    evicted.push(object);
    excessBytes -= object.sizeBytes;
  }
  return evicted;
}

export async function trimCache(directory: string, limitBytes: number): Promise<void> {
  const folders = [join(directory, OBJECTS), join(directory, PARTIAL)];
  const objects = await Promise.all(folders.map(objectsIn));
  for (const { path } of chooseEvictions(objects.flat(), limitBytes)) {
    await rm(path, { force: true });
  }
}

async function objectsIn(folder: string): Promise<CachedObject[]> {
  const found: CachedObject[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Servers that share the cache may remove objects at the same time.
    const info = await stat(path).catch(() => undefined);
    if (!info) continue;
    const { size: sizeBytes, atimeMs: usedMs, nlink } = info;
    found.push({ path, sizeBytes, usedMs, inUse: nlink > 1 });
  }
  return found;
}
