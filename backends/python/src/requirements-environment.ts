import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferError, type Logger } from '@nereid/core';
import type { EnvironmentCache } from './environment-cache.js';
import type { Interpreter } from './find-interpreter.js';
import { runProgram } from './run-program.js';
import type { PythonRuntime } from './stub-launcher.js';

const VENV_TIMEOUT_MS = 120_000;
const INSTALL_TIMEOUT_MS = 1_800_000;

interface RequirementsOptions {
  /** The file's path. */
  readonly file: string;
  readonly interpreter: Interpreter;
  readonly cache: EnvironmentCache;
  readonly logger: Logger;
}

/**
 * A virtual environment with what a `requirements.txt` lists, made at the first load and shared by
 * all models whose list is the same. What the interpreter itself has installed stays within reach
 * behind it. Rejects with an UNAVAILABLE InferError that has pip's last lines.
 */
export async function openRequirementsEnvironment(
  options: RequirementsOptions,
): Promise<PythonRuntime> {
  const { file, interpreter, cache, logger } = options;
  const text = await readFile(file, 'utf8');
  // What is named by a relative path is another thing in another folder.
  const place = /(^|\s)(\.|-e|-r|-c|file:)/m.test(text) ? dirname(file) : '';
  const { executable, version, abi } = interpreter;
  const parts = ['requirements', text, place, executable, version, abi];
  const folder = await cache.environment(parts, async (fresh) => {
    logger.info(`installing ${file} into a virtual environment`);
    await install(fresh, options);
  });
  const environment = { ...process.env, VIRTUAL_ENV: folder };
  return { executable: join(folder, 'bin', 'python'), environment };
}

async function install(folder: string, { file, interpreter }: RequirementsOptions): Promise<void> {
  const made = await runProgram(interpreter.executable, ['-m', 'venv', folder], {
    timeoutMs: VENV_TIMEOUT_MS,
  });
  if (!made.succeeded) {
    throw new InferError(
      'UNAVAILABLE',
      `${interpreter.executable} cannot make a virtual environment for ${file}: ${made.lastLines}`,
    );
  }
  const python = join(folder, 'bin', 'python');
  const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', file];
  const installed = await runProgram(python, args, {
    directory: dirname(file),
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (!installed.succeeded) {
    throw new InferError('UNAVAILABLE', `pip cannot install ${file}: ${installed.lastLines}`);
  }
  await linkPackages(python, interpreter);
}

/** Puts the interpreter's own packages behind those of the environment. */
async function linkPackages(python: string, { packageFolders }: Interpreter): Promise<void> {
  const script = 'import sysconfig; print(sysconfig.get_paths()["purelib"])';
  const { output } = await runProgram(python, ['-c', script], { timeoutMs: VENV_TIMEOUT_MS });
  const lines = packageFolders.map((folder) => `${folder}\n`).join('');
  await writeFile(join(output.trim(), 'nereid-interpreter.pth'), lines);
}
