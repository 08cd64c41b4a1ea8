/** The commands that plugins bring: found by their manifests, imported when they are called. */

import { stat } from 'node:fs/promises';
import { type CommandPlugin, isInferError, PluginCatalog, PluginError } from '@nereid/core';
import { findPlugins } from './find-plugins.js';
import { UsageError } from './flags/parse-flags.js';
import type { CommandHelp } from './flags/usage.js';

/**
 * Runs the command of that name. Rejects with a UsageError when no plugin offers it, or when it
 * refuses its arguments.
 */
export async function runPluginCommand(
  name: string,
  words: readonly string[],
  builtIn: readonly string[],
): Promise<number> {
  const catalog = await findCommands();
  if (!catalog.find('commands', name)) {
    throw await unknownCommand(name, [...builtIn, ...names(catalog)].sort());
  }
  try {
    const command = await catalog.activate('commands', name);
    return await command.runCommand(words);
  } catch (error) {
    if (!isInferError(error) && !(error instanceof PluginError)) throw error;
    throw new UsageError(`nereid ${name}: ${error.message}`);
  }
}

/** What `--help` says of them. A plugin with a fault must not keep it from the rest. */
export async function pluginCommandHelp(): Promise<readonly CommandHelp[]> {
  const catalog = await findCommands().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    return new PluginCatalog([]);
  });
  return await Promise.all(
    names(catalog).map(async (name) => {
      const unknown = { synopsis: '', summary: '(cannot be imported)' };
      const command: Pick<CommandPlugin, 'synopsis' | 'summary'> = await catalog
        .activate('commands', name)
        .catch(() => unknown);
      return { usage: `${name} ${command.synopsis}`.trim(), summary: command.summary };
    }),
  );
}

async function findCommands(): Promise<PluginCatalog> {
  try {
    return await findPlugins([]);
  } catch (error) {
    if (error instanceof PluginError) throw new UsageError(error.message);
    throw error;
  }
}

function names(catalog: PluginCatalog): readonly string[] {
  return catalog.list('commands').map((entry) => entry.name);
}

/** A folder in the place of a command is most likely meant to be served. */
async function unknownCommand(name: string, known: readonly string[]): Promise<UsageError> {
  const isFolder = await stat(name).then(
    (info) => info.isDirectory(),
    () => false,
  );
  const remedy = isFolder
    ? `to serve the models in that folder: nereid --model-repository ${name}`
    : `there are ${known.join(', ')}; 'nereid --help' tells more`;
  return new UsageError(`unknown command '${name}'; ${remedy}`);
}
