import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger, ModelVersionPolicy } from '@nereid/core';
import { listFolder } from './tree-fingerprint.js';

/** Folders that belong in a model's folder without being a version. */
const KNOWN_FOLDERS: ReadonlySet<string> = new Set([
  'configs',
  'warmup',
  'initial_state',
  '__pycache__',
]);

/** The number that a version folder's name stands for; undefined when it is no version's name. */
export function parseVersion(name: string): number | undefined {
  if (!/^(0|[1-9]\d*)$/.test(name)) return undefined;
  const version = Number(name);
  return Number.isSafeInteger(version) ? version : undefined;
}

/** The versions in a model's folder, ascending. Warns of folders that may be meant as one. */
export async function listVersions(directory: string, logger: Logger): Promise<readonly number[]> {
  const versions: number[] = [];
  for (const entry of await listFolder(directory)) {
    const path = join(directory, entry.name);
    const info = await stat(path).catch(() => undefined);
    if (!info?.isDirectory() || entry.name.startsWith('.')) continue;
    const version = parseVersion(entry.name);
    if (version !== undefined) versions.push(version);
    else if (!KNOWN_FOLDERS.has(entry.name)) {
      logger.warn(
        `ignoring ${path}: the name of a version folder is a number without leading zeros`,
      );
    }
  }
  return versions.sort((a, b) => a - b);
}

interface ChosenVersions {
  /** Ascending. */
  readonly versions: readonly number[];
  /** Asked for by number, but without a folder. */
  readonly missing: readonly number[];
}

/** Applies a version policy; without one, the latest version is chosen (spec §3.3). */
export function chooseVersions(
  policy: ModelVersionPolicy | undefined,
  available: readonly number[],
): ChosenVersions {
  if (policy?.all) return { versions: available, missing: [] };
  if (policy?.specific) {
    const wanted = new Set(policy.specific.versions);
    return {
      versions: available.filter((version) => wanted.has(version)),
      missing: [...wanted].filter((version) => !available.includes(version)),
    };
  }
  const count = policy?.latest?.numVersions ?? 1;
  return { versions: count > 0 ? available.slice(-count) : [], missing: [] };
}
