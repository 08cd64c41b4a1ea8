import { readdirSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InferError } from '@nereid/core';
import type { ModelModule } from './model-api.js';
import { loadModelSource } from './model-source.js';

const TYPESCRIPT = /\.m?ts$/;
const OPTIONAL_EXPORTS = ['initialize', 'finalize', 'autoCompleteConfig'] as const;

/**
 * Imports the model's file into this thread. Throws an INTERNAL InferError that names the file and
 * what is wrong with it.
 */
export async function importModel(file: string): Promise<ModelModule> {
  const path = realpathSync(file);
  hookIntoImport(dirname(path));
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await import(pathToFileURL(path).href);
  } catch (cause) {
    const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new InferError('INTERNAL', `cannot load the model file ${file}: ${reason}`, { cause });
  }
  if (!isModelModule(exported)) {
    throw new InferError(
      'INTERNAL',
      `the model file ${file} must export a function 'execute', and functions only as ` +
        OPTIONAL_EXPORTS.map((name) => `'${name}'`).join(', '),
    );
  }
  return exported;
}

function isModelModule(exported: object): exported is ModelModule {
  const isFunction = (name: string) => typeof Reflect.get(exported, name) === 'function';
  const isAbsent = (name: string) => Reflect.get(exported, name) === undefined;
  return isFunction('execute') && OPTIONAL_EXPORTS.every((n) => isFunction(n) || isAbsent(n));
}

interface HookModule {
  readonly register: unknown;
  /** Node 22.15 and later: hooks in the same thread. */
  registerHooks?(hooks: {
    load(url: string, context: unknown, next: (url: string, context: unknown) => unknown): unknown;
  }): void;
}

/** Lets `import` read the files next to the model as loadModelSource does. */
function hookIntoImport(directory: string): void {
  const { registerHooks }: HookModule = module;
  const root = `${pathToFileURL(directory).href}/`;
  if (!registerHooks) {
    // Hooks are another thread in Node 20, which keeps a little memory of each of them for ever. It
    // knows an ES module by its syntax, so that only TypeScript needs them.
    const files = readdirSync(directory, { recursive: true }).map(String);
    if (!files.some((file) => TYPESCRIPT.test(file))) return;
    module.register('./import-hooks.js', { parentURL: import.meta.url, data: { root } });
    return;
  }
  registerHooks({ load: (url, context, next) => loadModelSource(url, root) ?? next(url, context) });
}
