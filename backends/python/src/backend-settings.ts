import { InferError, type PluginContext } from '@nereid/core';

/** `--backend-config=python,<name>=<value>`; a model's `parameters` override some of them. */
export interface BackendSettings {
  /** A program or path that is to be used in place of the first python3 on PATH. */
  readonly runtime: string | undefined;
  readonly stubTimeoutSeconds: number;
  readonly healthIntervalSeconds: number;
  /** 0 sets no limit. */
  readonly memoryLimitBytes: number;
  readonly executionTimeoutSeconds: number;
  readonly sharedDefaultBytes: number;
  readonly sharedGrowthBytes: number;
  readonly sharedMaxBytes: number;
  readonly parallelStarts: number;
}

const MIB = 1024 * 1024;
const MIN_SHARED_BYTES = MIB;

export function parseSettings(
  settings: PluginContext['settings'],
  coreCount: number,
): BackendSettings {
  const size = (name: string, fallback: number) =>
    Math.max(numberSetting(settings, name, { fallback, max: 2 ** 40 }), MIN_SHARED_BYTES);
  const sharedDefaultBytes = size('shm-default-byte-size', MIB);
  return {
    runtime: settings.get('python-runtime') || undefined,
    stubTimeoutSeconds: numberSetting(settings, 'stub-timeout-seconds', {
      fallback: 30,
      max: 86_400,
    }),
    healthIntervalSeconds: numberSetting(settings, 'health-interval-seconds', {
      fallback: 60,
      max: 86_400,
    }),
    memoryLimitBytes: numberSetting(settings, 'memory-limit-byte-size', { fallback: 0 }),
    executionTimeoutSeconds: numberSetting(settings, 'execution-timeout-seconds', { fallback: 0 }),
    sharedDefaultBytes,
    sharedGrowthBytes: size('shm-growth-byte-size', MIB),
    sharedMaxBytes: Math.max(size('shm-max-byte-size', 1024 * MIB), sharedDefaultBytes),
    parallelStarts: numberSetting(settings, 'parallel-starts', { fallback: coreCount, min: 1 }),
  };
}

interface NumberRange {
  readonly fallback: number;
  readonly min?: number;
  readonly max?: number;
}

/** Throws INVALID_ARG for a value out of its range. */
export function numberSetting(
  settings: ReadonlyMap<string, string>,
  name: string,
  { fallback, min = 0, max = Number.MAX_SAFE_INTEGER }: NumberRange,
): number {
  const text = settings.get(name);
  if (text === undefined || text.trim() === '') return fallback;
  const value = Number(text);
  if (value >= min && value <= max) return value;
  throw new InferError(
    'INVALID_ARG',
    `the setting ${name} of the python backend must be from ${min} to ${max}, got '${text}'`,
  );
}
