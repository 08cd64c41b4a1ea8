/** Finds a tritonserver that is installed on this machine. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The command that starts it, without models and ports; undefined when there is none. */
export function findPeer() {
  return onPath() ?? fromPytriton();
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'tritonserver')).find((path) => existsSync(path));
}

/** The PyPI package nvidia-pytriton carries the server, its Python backend and a stub for each Python. */
function fromPytriton() {
  const script = 'import os, sys, pytriton; print(os.path.dirname(pytriton.__file__))';
  const { status, stdout } = spawnSync('python3', ['-c', script], { encoding: 'utf8' });
  if (status !== 0) return undefined;
  const folder = join(stdout.trim(), 'tritonserver');
  const stub = join(folder, 'backends', 'python', 'triton_python_backend_stub');
  if (!existsSync(stub)) {
    const stubs = join(folder, 'python_backend_stubs');
    process.stderr.write(
      `found ${folder}, but not ${stub}: copy the one for your Python version there from ${stubs}\n`,
    );
    return undefined;
  }
  return [
    join(folder, 'bin', 'tritonserver'),
    `--backend-directory=${join(folder, 'backends')}`,
    `--cache-directory=${join(folder, 'caches')}`,
  ].join(' ');
}
