/** Starts a server with models of the Python backend, written by the test. */

import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensurePython } from '../../tools/python-environment.mjs';
import { modelConfig } from './model-folder.mjs';
import { startServer } from './server-process.mjs';

/** What each model needs not write itself. */
export const PRELUDE = `import json
import os
import sys
import threading
import time

import triton_python_backend_utils as pb_utils

`;

/** The class of a model; `body` is indented as one of its methods. */
export function pythonModel(body) {
  return `${PRELUDE}class TritonPythonModel:\n${indent(body, 4)}\n`;
}

/** A model whose execute has these lines. */
export function executing(lines) {
  return pythonModel(`def execute(self, requests):\n${indent(lines, 4)}`);
}

export const ECHO = executing(`return [
    pb_utils.InferenceResponse([
        pb_utils.Tensor._from_memory("OUTPUT0", tensor.triton_dtype(), tensor.shape(), tensor._buffer())
    ])
    for tensor in (request.inputs()[0] for request in requests)
]`);

/**
 * Writes a repository of Python models and starts a server that serves it. A model is the text of
 * its \`model.py\`, or \`{ source, config, files }\`; files are by path in the model's folder.
 */
export async function startPythonServer(t, models, { args = [], ...options } = {}) {
  const folder = await writePythonModels(t, models);
  const python = `--backend-config=python,python-runtime=${ensurePython()}`;
  const server = await startServer([`--model-repository=${folder}`, python, ...args], options);
  t.after(() => server.kill());
  return Object.assign(server, { folder });
}

export async function writePythonModels(t, models) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-python-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, model] of Object.entries(models)) {
    const { source, config, files = {} } = typeof model === 'string' ? { source: model } : model;
    const contents = { 'config.pbtxt': config ?? modelConfig('python'), ...files };
    if (source !== undefined) contents['1/model.py'] = source;
    for (const [path, content] of Object.entries(contents)) {
      const file = join(folder, name, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await mkdir(join(folder, name, '1'), { recursive: true });
  }
  return folder;
}

/** The Python processes that a server has started and that are alive. */
export async function stubPids(server) {
  const pids = await childrenOf(server.pid);
  const names = await Promise.all(pids.map(commandLine));
  return pids.filter((_, index) => names[index].includes('start_stub'));
}

async function childrenOf(parent) {
  const stats = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => [Number(name), await parentOf(name)]),
  );
  return stats.filter(([, found]) => found === parent).map(([pid]) => pid);
}

async function parentOf(pid) {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
}

async function commandLine(pid) {
  return await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
}

function indent(text, width) {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(width));
}
