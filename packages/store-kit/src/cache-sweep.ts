import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerState } from './cache-owner.js';

/** The folders of a cache. */
export const OBJECTS = 'objects';
export const PARTIAL = 'partial';
export const RUNS = 'runs';

/** Of caches that end with their server. */
export const TEMPORARY_PREFIX = 'nereid-model-cache-';

/**
 * Removes what servers left that ended without closing. What they had fetched of objects under way
 * is kept, so that the next fetch goes on there.
 */
export async function sweepRuns(directory: string, nowMs: number): Promise<void> {
  const runs = join(directory, RUNS);
  for (const name of await namesIn(runs)) {
    const run = join(runs, name);
    // Another server may sweep at the same time.
    const state = await ownerState(run, nowMs).catch(() => 'alive' as const);
    if (state === 'alive') continue;
    if (state === 'dead-resumable') await adoptPartials(join(run, PARTIAL), directory);
    await rm(run, { recursive: true, force: true });
  }
}

/** Removes temporary caches whose servers were killed: they may be as large as their models. */
export async function sweepTemporaryCaches(nowMs: number): Promise<void> {
  for (const name of await namesIn(tmpdir())) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const directory = join(tmpdir(), name);
    if (await isAbandoned(directory, nowMs)) await rm(directory, { recursive: true, force: true });
  }
}

/** Folders of other users are none of this server's business, nor is what a link points to. */
async function isAbandoned(directory: string, nowMs: number): Promise<boolean> {
  const info = await lstat(directory).catch(() => undefined);
  if (!info?.isDirectory() || info.uid !== process.getuid?.()) return false;
  const runs = await namesIn(join(directory, RUNS));
  if (runs.length === 0) return false;
  const states = runs.map((name) => ownerState(join(directory, RUNS, name), nowMs));
  return (await Promise.all(states)).every((state) => state !== 'alive');
}

async function adoptPartials(from: string, directory: string): Promise<void> {
  await mkdir(join(directory, PARTIAL), { recursive: true, mode: 0o700 });
  for (const name of await namesIn(from)) {
    await rename(join(from, name), join(directory, PARTIAL, name)).catch(() => {});
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
