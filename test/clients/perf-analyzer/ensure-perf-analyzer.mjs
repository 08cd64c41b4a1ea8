/** Installs the load generator `perf_analyzer` from PyPI, once, under `.cache/clients`. */

import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePython } from '../../../tools/python-environment.mjs';
import { cacheFolder, ensureInstalled, mustRun, onceFor, Unavailable } from '../toolchain.mjs';

const VERSION = '2.51.0';
/** The wheels for this old platform name hold the program; those for newer ones do not. */
const PLATFORM = 'manylinux1_x86_64';
const WHEELS = [
  ['--platform', PLATFORM, `tritonclient==${VERSION}`],
  ['nvidia-cuda-runtime-cu12==12.6.77'],
];
const BASE64_LIBRARY = '/usr/lib/x86_64-linux-gnu/libb64.so.0d';

/** Resolves with the program and the folder of the CUDA runtime that it is linked with. */
export async function ensurePerfAnalyzer() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Unavailable('perf_analyzer is published for Linux on x86-64 only');
  }
  await ensureInstalled([BASE64_LIBRARY], ['libb64-0d']);
  const folder = cacheFolder('perf-analyzer');
  const program = join(folder, `tritonclient-${VERSION}.data`, 'data', 'bin', 'perf_analyzer');
  await onceFor(folder, WHEELS, async () => {
    for (const wheel of WHEELS) await unpackWheel(folder, wheel);
    chmodSync(program, 0o755);
  });
  return { program, libraries: join(folder, 'nvidia', 'cuda_runtime', 'lib'), folder };
}

async function unpackWheel(folder, wheel) {
  const python = ensurePython();
  const wheels = cacheFolder('perf-analyzer-wheels', wheel.at(-1));
  const download = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:'];
  await mustRun(python, [...download, '--dest', wheels, ...wheel]);
  const unpack =
    'import glob, sys, zipfile; zipfile.ZipFile(glob.glob(sys.argv[1])[0]).extractall(sys.argv[2])';
  await mustRun(python, ['-c', unpack, join(wheels, '*.whl'), folder]);
}
