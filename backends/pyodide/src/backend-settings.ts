import { isAbsolute, resolve } from 'node:path';
import { InferError, type ModelConfig, type PluginContext } from '@nereid/core';

/** `--backend-config=pyodide,<name>=<value>`; a model's `parameters` override the limits. */
export interface BackendSettings {
  readonly startTimeoutSeconds: number;
  /** 0 sets no limit. */
  readonly executionTimeoutSeconds: number;
  readonly memoryLimitBytes: number;
  /** A Pyodide distribution in place of the npm package. */
  readonly pyodideFolder: string | undefined;
  /** Where wheels are looked for. */
  readonly packagesFolder: string | undefined;
}

const MAX_SECONDS = 86_400;
const MAX_MEMORY_BYTES = 2 ** 32;
/** Pyodide takes about 30 MB before a model is loaded. */
const MIN_MEMORY_BYTES = 2 ** 26;

export function parseSettings(settings: PluginContext['settings']): BackendSettings {
  return {
    startTimeoutSeconds: readNumber(settings, 'stub-timeout-seconds', { fallback: 60 }),
    executionTimeoutSeconds: readNumber(settings, 'execution-timeout-seconds', {}),
    memoryLimitBytes: readMemory(settings, 'memory-limit-byte-size', 0),
    pyodideFolder: readFolder(settings, 'pyodide-directory'),
    packagesFolder: readFolder(settings, 'packages-directory'),
  };
}

/** The settings for one model. Throws INVALID_ARG for a parameter out of its range. */
export function settingsForModel(
  settings: BackendSettings,
  parameters: ModelConfig['parameters'],
): BackendSettings {
  const texts = new Map(
    Object.entries(parameters).map(([name, { stringValue }]) => [name, stringValue]),
  );
  const number = (name: string, fallback: number) => readNumber(texts, name, { fallback });
  return {
    ...settings,
    startTimeoutSeconds: number('STUB_TIMEOUT_SECONDS', settings.startTimeoutSeconds),
    executionTimeoutSeconds: number('EXECUTION_TIMEOUT_SECONDS', settings.executionTimeoutSeconds),
    memoryLimitBytes: readMemory(texts, 'MEMORY_LIMIT_BYTE_SIZE', settings.memoryLimitBytes),
  };
}

function readMemory(settings: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const bytes = readNumber(settings, name, { fallback, max: MAX_MEMORY_BYTES });
  return bytes === 0 ? 0 : Math.max(bytes, MIN_MEMORY_BYTES);
}

function readNumber(
  settings: ReadonlyMap<string, string>,
  name: string,
  { fallback = 0, max = MAX_SECONDS }: { readonly fallback?: number; readonly max?: number },
): number {
  const text = settings.get(name);
  if (text === undefined || text.trim() === '') return fallback;
  const value = Number(text);
  if (value >= 0 && value <= max) return value;
  throw new InferError(
    'INVALID_ARG',
    `the setting ${name} of the pyodide backend must be from 0 to ${max}, got '${text}'`,
  );
}

function readFolder(settings: ReadonlyMap<string, string>, name: string): string | undefined {
  const path = settings.get(name);
  if (!path) return undefined;
  return isAbsolute(path) ? path : resolve(path);
}
