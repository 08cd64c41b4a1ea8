import { access, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { PluginCatalog, PluginEntry } from '@nereid/core';

/** The file that makes a folder a backend, and the backend that runs it. */
const SCRIPT_FILE = 'model.py';
const SCRIPT_BACKEND = 'python';

/**
 * Backends that are written as models of the Python backend: folders of the backend directory that
 * hold a `model.py`. A package of the same name comes first.
 */
export async function findScriptedBackends(
  catalog: PluginCatalog,
  directories: readonly string[],
): Promise<readonly PluginEntry[]> {
  const runner = catalog.find('backends', SCRIPT_BACKEND);
  if (!runner) return [];
  const found = new Map<string, PluginEntry>();
  for (const directory of directories) {
    for (const name of await namesIn(directory)) {
      const folder = resolve(directory, name);
      if (catalog.find('backends', name) || found.has(name)) continue;
      if (!(await exists(join(folder, SCRIPT_FILE)))) continue;
      found.set(name, { ...runner, name, script: { backend: SCRIPT_BACKEND, folder } });
    }
  }
  return [...found.values()];
}

/** None for a directory that is missing; discovery has told of any other fault. */
async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch {
    return [];
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
