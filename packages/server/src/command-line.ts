import { UsageError } from './flags/parse-flags.js';
import { usageText } from './flags/usage.js';
import { serverVersion } from './server-version.js';

/** The commands that are part of the server; all others come from plugins. */
const BUILT_IN: Readonly<Record<string, (words: readonly string[]) => Promise<number>>> = {
  'image-client': async (words) => (await import('@nereid/image-client')).runImageClient(words),
  new: async (words) => (await import('./generator/new-package.js')).newPackage(words),
};

/**
 * Runs what the words after `nereid` ask for, and resolves with the exit code. Modules are imported
 * only by the command that needs them, so that each starts at once.
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  try {
    return await runCommand(words);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function runCommand(words: readonly string[]): Promise<number> {
  const [command = '', ...rest] = words;
  const builtIn = Object.hasOwn(BUILT_IN, command) ? BUILT_IN[command] : undefined;
  if (builtIn) return await builtIn(rest);
  if (command === 'help' || command === '-h') return await printUsage();
  // What follows a command, even --help, is for the command.
  if (/^[^-]/.test(command)) {
    const { runPluginCommand } = await import('./plugin-commands.js');
    return await runPluginCommand(command, rest, Object.keys(BUILT_IN));
  }
  if (words.includes('--help')) return await printUsage();
  if (words.includes('--version')) return print(`${serverVersion()}\n`);
  const { serve } = await import('./serve.js');
  return await serve(words);
}

async function printUsage(): Promise<number> {
  const { pluginCommandHelp } = await import('./plugin-commands.js');
  return print(usageText(await pluginCommandHelp()));
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
