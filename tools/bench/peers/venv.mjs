/** Virtual environments with what peers need, under `.cache/bench`. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '.cache', 'bench');

/** The interpreter of an environment with these packages, which is made when it is not there. */
export function ensureVenv(name, packages) {
  const folder = join(CACHE, name);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'packages');
  const wanted = packages.join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  process.stderr.write(`installing ${packages.join(', ')} (once) ...\n`);
  mkdirSync(CACHE, { recursive: true });
  run('python3', '-m', 'venv', '--clear', folder);
  run(python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages);
  writeFileSync(stamp, wanted);
  return python;
}

/** What a line of Python prints. */
export function outputOf(python, code) {
  return run(python, '-c', code).trim();
}

function run(program, ...args) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error) throw new Error(`cannot run ${program}: ${error.message}`);
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}
