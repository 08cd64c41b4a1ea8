import { InferError } from '@nereid/core';

/** The part of `--store-config` that all stores of remote models have. */
export interface StoreSettings {
  /** Undefined for a cache that goes away with the server. */
  readonly cacheDirectory: string | undefined;
  /** For objects that no loaded model consists of. */
  readonly cacheSizeBytes: number;
  readonly downloadConcurrency: number;
  readonly maxAttempts: number;
  /** For the answer to a request, and between two chunks of it. */
  readonly requestTimeoutMs: number;
  /** For all files of a model together. */
  readonly fetchTimeoutMs: number;
  /** The settings that are the store's own. */
  readonly own: ReadonlyMap<string, string>;
}

interface ParseOptions {
  /** For messages. */
  readonly scheme: string;
  /** Names of settings that only this store has. */
  readonly ownNames: readonly string[];
  /** What Triton's environment variable for the store names; the setting comes first. */
  readonly mountDirectory: string | undefined;
}

interface NumberSetting {
  readonly otherwise: number;
  readonly minimum: number;
  readonly maximum: number;
}

const NUMBERS = {
  download_concurrency: { otherwise: 8, minimum: 1, maximum: 64 },
  max_attempts: { otherwise: 4, minimum: 1, maximum: 20 },
  request_timeout_seconds: { otherwise: 15, minimum: 1, maximum: 3600 },
  fetch_timeout_seconds: { otherwise: 3600, minimum: 1, maximum: 86_400 },
} as const satisfies Record<string, NumberSetting>;

const SIZE = { minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const KEPT_CACHE_SIZE_BYTES = 10 * 2 ** 30;
const TEMPORARY_CACHE_SIZE_BYTES = 2 ** 30;

/** Throws INVALID_ARG for a setting that the store does not have, or a value out of its range. */
export function parseStoreSettings(
  settings: ReadonlyMap<string, string>,
  options: ParseOptions,
): StoreSettings {
  const known = ['cache_directory', 'cache_size', ...Object.keys(NUMBERS), ...options.ownNames];
  const unknown = [...settings.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw invalid(
      options,
      `there is no setting '${unknown}'; the settings are ${known.join(', ')}`,
    );
  }
  const number = (name: string, setting: NumberSetting) =>
    parseNumber(settings.get(name), { name, setting, options });
  const directory = settings.get('cache_directory') || options.mountDirectory || undefined;
  const otherwise = directory ? KEPT_CACHE_SIZE_BYTES : TEMPORARY_CACHE_SIZE_BYTES;
  return {
    cacheDirectory: directory,
    cacheSizeBytes: number('cache_size', { ...SIZE, otherwise }),
    downloadConcurrency: number('download_concurrency', NUMBERS.download_concurrency),
    maxAttempts: number('max_attempts', NUMBERS.max_attempts),
    requestTimeoutMs: 1000 * number('request_timeout_seconds', NUMBERS.request_timeout_seconds),
    fetchTimeoutMs: 1000 * number('fetch_timeout_seconds', NUMBERS.fetch_timeout_seconds),
    own: new Map([...settings].filter(([name]) => options.ownNames.includes(name))),
  };
}

function parseNumber(
  text: string | undefined,
  from: {
    readonly name: string;
    readonly setting: NumberSetting;
    readonly options: ParseOptions;
  },
): number {
  const { otherwise, minimum, maximum } = from.setting;
  if (text === undefined) return otherwise;
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  const range = `a whole number from ${minimum} to ${maximum}`;
  throw invalid(from.options, `${from.name} must be ${range}, it is '${text}'`);
}

function invalid({ scheme }: ParseOptions, problem: string): InferError {
  return new InferError('INVALID_ARG', `--store-config ${scheme}: ${problem}`);
}
