/** Finds plugins by reading package.json files. Nothing of a plugin is imported here. */

import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PluginCatalog } from './plugin-catalog.js';
import { type PluginEntry, PluginError, parseManifest } from './plugin-manifest.js';

export interface DiscoveryOptions {
  /**
   * Folders of packages whose *direct* dependencies are searched: the server's own, for the bundled
   * set, and the one it is started in.
   */
  readonly packages: readonly string[];
  /**
   * `--backend-directory` and `--plugin-directory`: every folder in them may hold a plugin package.
   */
  readonly pluginDirectories: readonly string[];
}

/**
 * Collects the plugins in reach. Throws a PluginError for a faulty manifest and for two packages
 * that offer the same plugin.
 */
export async function discoverPlugins(options: DiscoveryOptions): Promise<PluginCatalog> {
  const fromPackages = await Promise.all(options.packages.map(dependencyDirectories));
  const fromFolders = await Promise.all(options.pluginDirectories.map(subdirectories));
  const candidates = [...options.packages, ...fromPackages.flat(), ...fromFolders.flat()];
  const directories = new Set(await Promise.all(candidates.map((path) => realpath(path))));
  const entries = await Promise.all([...directories].map(readPlugins));
  return new PluginCatalog(entries.flat());
}

async function readPlugins(directory: string): Promise<PluginEntry[]> {
  return parseManifest(await readPackageJson(directory), directory);
}

async function dependencyDirectories(packageDirectory: string): Promise<string[]> {
  const packageJson = await readPackageJson(packageDirectory);
  const names = Object.keys({
    ...dependenciesOf(packageJson, 'dependencies'),
    ...dependenciesOf(packageJson, 'optionalDependencies'),
  });
  const found = await Promise.all(names.map((name) => findDependency(name, packageDirectory)));
  return found.filter((directory) => directory !== undefined);
}

function dependenciesOf(packageJson: unknown, field: string): object {
  const value = (packageJson as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof value === 'object' && value !== null ? value : {};
}

/**
 * Looks where Node's resolution would; a package's `exports` may hide its package.json from
 * `resolve`.
 */
async function findDependency(name: string, from: string): Promise<string | undefined> {
  for (let folder = from; ; folder = dirname(folder)) {
    const directory = join(folder, 'node_modules', name);
    if ((await readPackageJson(directory)) !== undefined) return directory;
    if (dirname(folder) === folder) return undefined;
  }
}

async function subdirectories(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => join(folder, entry.name));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new PluginError(`cannot read the plugin directory ${folder}`, { cause });
  }
}

/** Returns undefined when the folder has no package.json. */
async function readPackageJson(directory: string): Promise<unknown> {
  const path = join(directory, 'package.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new PluginError(`cannot read ${path}`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PluginError(`${path} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
