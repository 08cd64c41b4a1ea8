import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { InferError } from '@nereid/core';
import type { EnvironmentCache } from './environment-cache.js';
import { runProgram } from './run-program.js';
import type { PythonRuntime } from './stub-launcher.js';

const EXTRACT_TIMEOUT_MS = 600_000;
const ACTIVATE_TIMEOUT_MS = 60_000;

/**
 * What EXECUTION_ENV_PATH names: the folder of an environment, or an archive of one as conda-pack
 * makes it. An archive is extracted once, into the cache. Throws an INVALID_ARG InferError for
 * anything else.
 */
export async function openExecutionEnvironment(
  path: string,
  cache: EnvironmentCache,
): Promise<PythonRuntime> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new InferError('INVALID_ARG', `cannot find the execution environment '${path}'`, {
      cause,
    });
  });
  if (found.isDirectory()) return await activate(path);
  // The time tells an archive from the one that was there before.
  const parts = ['archive', path, String(found.size), String(found.mtimeMs)];
  return await activate(await cache.environment(parts, (folder) => extract(path, folder)));
}

async function extract(archive: string, folder: string): Promise<void> {
  const args = ['-xf', archive, '-C', folder];
  const extracted = await runProgram('tar', args, { timeoutMs: EXTRACT_TIMEOUT_MS });
  if (!extracted.succeeded) {
    throw new InferError(
      'INVALID_ARG',
      `cannot extract the execution environment '${archive}': ${extracted.lastLines}`,
    );
  }
  // An archive of conda-pack brings this along, to put its new place into its scripts.
  const unpack = join(folder, 'bin', 'conda-unpack');
  if (await isFile(unpack)) {
    await runProgram(join(folder, 'bin', 'python'), [unpack], { timeoutMs: EXTRACT_TIMEOUT_MS });
  }
}

/** The variables that the environment's own script sets, where it has one. */
async function activate(folder: string): Promise<PythonRuntime> {
  const bin = join(folder, 'bin');
  const executable = join(bin, 'python');
  if (!(await isFile(executable))) {
    throw new InferError(
      'INVALID_ARG',
      `the execution environment '${folder}' has no Python at bin/python`,
    );
  }
  const activated = await activatedEnvironment(folder);
  // The script of an environment that has been moved still says where it was.
  const path = `${bin}${delimiter}${activated['PATH'] ?? ''}`;
  return { executable, environment: { ...activated, PATH: path, VIRTUAL_ENV: folder } };
}

async function activatedEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  if (!(await isFile(join(folder, 'bin', 'activate')))) return process.env;
  const script = 'source "$0/bin/activate" >/dev/null 2>&1 && env -0';
  const end = await runProgram('bash', ['-c', script, folder], { timeoutMs: ACTIVATE_TIMEOUT_MS });
  return end.succeeded ? parseEnvironment(end.output) : process.env;
}

function parseEnvironment(output: string): NodeJS.ProcessEnv {
  const entries = output.split('\0').flatMap((line): [string, string][] => {
    const equals = line.indexOf('=');
    return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)]] : [];
  });
  return Object.fromEntries(entries);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
