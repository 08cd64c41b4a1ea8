import { UsageError } from './flags/parse-flags.js';
import { usageText } from './flags/usage.js';
import { serverVersion } from './server-version.js';

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
  const [command, ...rest] = words;
  if (command === 'image-client') {
    const { runImageClient } = await import('@nereid/image-client');
    return await runImageClient(rest);
  }
  if (command === 'new') {
    const { newPackage } = await import('./generator/new-package.js');
    return await newPackage(rest);
  }
  if (words.includes('--help')) return print(usageText());
  if (words.includes('--version')) return print(`${serverVersion()}\n`);
  const { serve } = await import('./serve.js');
  return await serve(words);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
