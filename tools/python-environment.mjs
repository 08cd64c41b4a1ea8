/** The Python packages that tests need, in a virtual environment under `.cache`. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run, say } from './bootstrap.mjs';

const FOLDER = join(root, '.cache', 'venv');
const REQUIREMENTS = join(root, 'test', 'requirements.txt');

/** Makes the environment current and returns its interpreter. */
export function ensurePython() {
  const python = join(FOLDER, 'bin', 'python');
  const stamp = join(FOLDER, 'requirements.sha256');
  const digest = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return python;
  say('Installing Python packages for the tests (only after a change) ...');
  createEnvironment();
  run(python, [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '-r',
    REQUIREMENTS,
  ]);
  writeFileSync(stamp, digest);
  return python;
}

function createEnvironment() {
  const create = () => spawnSync('python3', ['-m', 'venv', '--clear', FOLDER], { cwd: root });
  if (create().status === 0) return;
  say('python3 has no working venv module; trying to install the Debian package python3-venv');
  run('apt-get', ['update', '-qq']);
  run('apt-get', ['install', '-y', '-qq', 'python3-venv']);
  const { status, stderr } = create();
  if (status !== 0) throw new Error(`python3 -m venv failed: ${stderr}`);
}
