import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { InferError } from '@nereid/core';

/** A Python that is recent enough. */
export interface Interpreter {
  /** Absolute, and no wrapper script: what `sys.executable` says. */
  readonly executable: string;
  /** Such as `3.11.7`. */
  readonly version: string;
  /** Tells interpreters apart whose environments cannot be shared. */
  readonly abi: string;
  /** Where its installed packages are. */
  readonly packageFolders: readonly string[];
}

const MIN_VERSION = [3, 8] as const;
const PROBE_TIMEOUT_MS = 20_000;
const NAMES = ['python3', 'python'] as const;

const PROBE = `import json, platform, sys, sysconfig
paths = sysconfig.get_paths()
print(json.dumps([sys.executable, list(sys.version_info[:3]),
                  "%s-%s" % (sys.implementation.cache_tag, platform.machine()),
                  sorted({paths["purelib"], paths["platlib"]})]))`;

/**
 * Finds the Python that `runtime` names: a program on PATH, an absolute path, or the folder of a
 * virtual environment. Without one, the first on PATH that is at least 3.8. Rejects with an
 * UNAVAILABLE InferError that tells what was tried.
 */
export async function findInterpreter(runtime: string | undefined): Promise<Interpreter> {
  const candidates = runtime === undefined ? await onPath(NAMES) : await named(runtime);
  const refusals: string[] = [];
  for (const candidate of candidates) {
    const found = await probe(candidate);
    if (typeof found !== 'string') return found;
    refusals.push(`${candidate}: ${found}`);
  }
  const wanted = runtime === undefined ? 'python3 on PATH' : `'${runtime}'`;
  const tried = refusals.length > 0 ? `; tried ${refusals.join('; ')}` : '';
  throw new InferError(
    'UNAVAILABLE',
    `the python backend found no Python ${MIN_VERSION.join('.')} or later as ${wanted}${tried}. ` +
      'Install one, or name one with --backend-config=python,python-runtime=<path>',
  );
}

async function named(runtime: string): Promise<readonly string[]> {
  if (!isAbsolute(runtime) && !runtime.includes('/')) return await onPath([runtime]);
  const inFolder = join(runtime, 'bin', 'python');
  return (await isExecutable(inFolder)) ? [inFolder] : [runtime];
}

async function onPath(names: readonly string[]): Promise<readonly string[]> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = await Promise.all(paths.map(isExecutable));
  return paths.filter((_, index) => found[index]);
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Returns why it will not do, if it will not. */
function probe(program: string): Promise<Interpreter | string> {
  return new Promise((resolve) => {
    const options = { timeout: PROBE_TIMEOUT_MS, encoding: 'utf8' } as const;
    execFile(program, ['-c', PROBE], options, (error, output, errors) => {
      if (error) resolve(errors.trim().split('\n').at(-1) || error.message);
      else resolve(parseProbe(output));
    });
  });
}

function parseProbe(output: string): Interpreter | string {
  try {
    const [executable, version, abi, packageFolders]: [string, number[], string, string[]] =
      JSON.parse(output);
    const [major = 0, minor = 0] = version;
    const text = version.join('.');
    if (major !== MIN_VERSION[0] || minor < MIN_VERSION[1]) return `it is version ${text}`;
    return { executable, version: text, abi, packageFolders };
  } catch {
    return 'it does not run programs as Python does';
  }
}
