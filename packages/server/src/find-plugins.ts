import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { discoverPlugins, PLUGIN_KINDS, PluginCatalog } from '@nereid/core';
import { findScriptedBackends } from './find-scripted-backends.js';

/**
 * The bundled plugins, the dependencies of the packages that the server is installed in and started
 * in, and those in the given folders. A service seldom starts in the folder it is installed in.
 */
export async function findPlugins(pluginDirectories: readonly string[]): Promise<PluginCatalog> {
  const own = resolve(fileURLToPath(new URL('..', import.meta.url)));
  const started = process.cwd();
  const around = await packageAround(own);
  const others = (await hasPackageJson(started)) ? [started, ...around] : around;
  const found = await discoverPlugins({ packages: [own, ...others], pluginDirectories });
  const scripted = await findScriptedBackends(found, pluginDirectories);
  if (scripted.length === 0) return found;
  return new PluginCatalog([...PLUGIN_KINDS.flatMap((kind) => found.list(kind)), ...scripted]);
}

/** The nearest package that holds the folder; in a list, as there may be none. */
async function packageAround(folder: string): Promise<readonly string[]> {
  const parent = dirname(folder);
  if (parent === folder) return [];
  return (await hasPackageJson(parent)) ? [parent] : packageAround(parent);
}

async function hasPackageJson(directory: string): Promise<boolean> {
  try {
    await access(join(directory, 'package.json'));
    return true;
  } catch {
    return false;
  }
}
