/**
 * Triton, as PyPI's nvidia-pytriton has it: the server with its Python backend, and a stub of that
 * backend for each version of Python.
 */

import { copyFileSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MeasuredServer } from '../measured-server.mjs';
import { ensureVenv, outputOf } from './venv.mjs';

/** With NumPy 2 the stub answers with wrong data. */
const PACKAGES = ['nvidia-pytriton==0.7.0', 'numpy<2'];
const NAME = 'triton';

export const triton = {
  name: NAME,
  title: 'Triton 2.51',
  /** It has Triton's model configurations, but no other backend than Python. */
  backends: { identity: 'python', javascript: 'python' },
  heatRequests: 1000,
  supports: ({ group }) => group !== 'onnx-tiny',
  prepare: () => {
    install();
  },
  start: (repository) => {
    const { python, server } = install();
    const prefix = `nereid-bench-${process.pid}-triton`;
    const command = [
      join(server, 'bin', 'tritonserver'),
      `--backend-directory=${join(server, 'backends')}`,
      `--cache-directory=${join(server, 'caches')}`,
      `--backend-config=python,shm-region-prefix-name=${prefix}`,
    ];
    // The stub runs the Python that is first on PATH.
    const environment = { PATH: `${dirname(python)}:${process.env.PATH}` };
    return MeasuredServer.start(command, repository, { environment });
  },
};

/** The environment's Python, which is also fit for Nereid's Python models. */
export function pythonOfTriton() {
  return install().python;
}

let installed;

function install() {
  installed ??= find();
  return installed;
}

function find() {
  const python = ensureVenv(NAME, PACKAGES);
  const folder = outputOf(python, 'import os, pytriton; print(os.path.dirname(pytriton.__file__))');
  const version = outputOf(python, 'import sys; print("%d.%d" % sys.version_info[:2])');
  const server = join(folder, 'tritonserver');
  const stub = 'triton_python_backend_stub';
  const target = join(server, 'backends', 'python', stub);
  if (!existsSync(target)) {
    copyFileSync(join(server, 'python_backend_stubs', version, stub), target);
  }
  return { python, server };
}
