import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { discoverPlugins, type PluginCatalog } from '@nereid/core';

/**
 * The bundled plugins, those that the started package depends on, and those in the given folders.
 */
export async function findPlugins(pluginDirectories: readonly string[]): Promise<PluginCatalog> {
  const own = fileURLToPath(new URL('..', import.meta.url));
  const started = process.cwd();
  const packages = (await hasPackageJson(started)) ? [own, started] : [own];
  return await discoverPlugins({ packages, pluginDirectories });
}

async function hasPackageJson(directory: string): Promise<boolean> {
  try {
    await access(join(directory, 'package.json'));
    return true;
  } catch {
    return false;
  }
}
