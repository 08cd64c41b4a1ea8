/** Starts Pyodide in the thread that this runs in. */

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InferError } from '@nereid/core';
import type { loadPyodide, PyodideInterface } from 'pyodide';
import type { ModelInit } from './model-protocol.js';

const PAGE_BYTES = 65_536;

/** Rejects with an UNAVAILABLE InferError when the folder has no Pyodide in it. */
export async function startInterpreter(init: ModelInit): Promise<PyodideInterface> {
  const { pyodideFolder, memoryLimitBytes } = init;
  const { load, folder } = await importPyodide(pyodideFolder);
  if (memoryLimitBytes > 0) limitMemory(memoryLimitBytes);
  const python = await load({
    // By itself it looks into a stack trace for it, which source maps change.
    indexURL: folder,
    // Past the console, whose lines are not held up when a model prints without end.
    stdout: (line) => process.stdout.write(`${line}\n`),
    stderr: (line) => process.stderr.write(`${line}\n`),
  });
  for (const folder of new Set([...init.mounts, ...init.pythonFolders])) mount(python, folder);
  return python;
}

interface Distribution {
  readonly load: typeof loadPyodide;
  readonly folder: string;
}

async function importPyodide(folder: string | undefined): Promise<Distribution> {
  if (folder === undefined) {
    const entry = createRequire(import.meta.url).resolve('pyodide');
    return { load: (await import('pyodide')).loadPyodide, folder: dirname(entry) };
  }
  const file = join(folder, 'pyodide.mjs');
  try {
    const module = (await import(pathToFileURL(file).href)) as {
      readonly loadPyodide: typeof loadPyodide;
    };
    return { load: module.loadPyodide, folder };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('UNAVAILABLE', `there is no Pyodide to load from '${file}': ${reason}`, {
      cause,
    });
  }
}

/** What is used of WebAssembly.Memory, which the types of Node.js leave out. */
interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** WebAssembly has no setting for it, and Pyodide's own limit is part of its binary. */
function limitMemory(limitBytes: number): void {
  const { WebAssembly } = globalThis as unknown as {
    readonly WebAssembly: { readonly Memory: { readonly prototype: WasmMemory } };
  };
  const { prototype } = WebAssembly.Memory;
  const { grow } = prototype;
  prototype.grow = function (this: WasmMemory, pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > limitBytes) {
      throw new RangeError(`the memory limit of ${limitBytes} bytes is reached`);
    }
    return grow.call(this, pages);
  };
}

/** Python sees the folder at the path that it has outside, so that paths mean the same. */
function mount({ FS }: PyodideInterface, folder: string): void {
  FS.mkdirTree(folder);
  FS.mount(FS.filesystems.NODEFS, { root: folder }, folder);
}
