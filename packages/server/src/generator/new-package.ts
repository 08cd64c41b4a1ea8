import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../flags/parse-flags.js';
import { serverVersion } from '../server-version.js';
import { backendFiles } from './backend-files.js';

const USAGE = `Usage: nereid new backend NAME [FOLDER]

Writes an npm package with a backend to start from, its test and an example model into a new folder,
NAME unless another one is given.`;

/**
 * `nereid new`: writes a package to start from. Resolves with the exit code; rejects with a
 * UsageError.
 */
export async function newPackage(words: readonly string[]): Promise<number> {
  if (words.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const [kind, name, folder, ...rest] = words;
  if (kind !== 'backend' || name === undefined || rest.length > 0) throw new UsageError(USAGE);
  if (!/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/.test(name)) {
    throw new UsageError(
      `a backend's name is lower-case words with - or _ between them; got ${name}`,
    );
  }
  const directory = resolve(folder ?? name);
  await refuseUsed(directory);
  const monorepo = await findMonorepo(directory);
  const files = backendFiles({
    name,
    nereidVersion: serverVersion(),
    ...(monorepo && { monorepoPath: relative(directory, monorepo) }),
  });
  for (const [path, content] of Object.entries(files)) await write(join(directory, path), content);
  process.stdout.write(`${directory}: wrote ${Object.keys(files).length} files; read README.md\n`);
  return 0;
}

async function refuseUsed(directory: string): Promise<void> {
  const entries = await readdir(directory).catch(() => []);
  if (entries.length > 0) throw new UsageError(`${directory} is not empty`);
}

/** The folder above that holds the server's own sources: packages in it link to one another. */
async function findMonorepo(directory: string): Promise<string | undefined> {
  for (let folder = dirname(directory); folder !== dirname(folder); folder = dirname(folder)) {
    const core = await readFile(join(folder, 'packages/core/package.json'), 'utf8').catch(() => '');
    if (core.includes('"name": "@nereid/core"')) return folder;
  }
  return undefined;
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}
