import type { FlagValues } from './flags/flag-values.js';
import { UsageError } from './flags/parse-flags.js';
import type { ServerSettings } from './server-settings.js';

type CacheConfig = ServerSettings['cacheConfig'];

/** Settings may share an option; a comma is part of a value where no `<setting>=` follows. */
const BETWEEN_SETTINGS = /,(?=\w+=)/;

/**
 * The response cache that a command line asks for, from `--cache-config` or the older
 * `--response-cache-byte-size`. Throws a UsageError, in Triton's words where it has some (spec §2).
 */
export function cacheSettings(flags: FlagValues): CacheConfig {
  const options = flags.all('cache-config');
  const sizeBytes = flags.integer('response-cache-byte-size');
  if (sizeBytes === 0) return parseCacheConfig(options);
  if (options.length === 0) return { local: { size: String(sizeBytes) } };
  throw new UsageError(
    'Error: Incompatible flags --response-cache-byte-size and --cache-config both provided. ' +
      'Please provide one or the other.',
  );
}

/** `<cache>,<setting>=<value>[,<setting>=<value>…]`; a later value of a setting wins. */
function parseCacheConfig(options: readonly string[]): CacheConfig {
  const config: Record<string, Record<string, string>> = {};
  for (const option of options) {
    const [, name, settings = ''] = /^([^,=]+),(.*)$/s.exec(option) ?? [];
    if (name === undefined) {
      throw badOption(
        'No cache specified. --cache-config option format is <cache name>,<setting>=<value>. ' +
          `Got ${option}`,
      );
    }
    for (const setting of settings.split(BETWEEN_SETTINGS)) {
      const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
      if (key === undefined) {
        throw badOption(
          `--cache-config option format is '<cache name>,<setting>=<value>'. Got ${option}`,
        );
      }
      config[name] = { ...config[name], [key]: value };
    }
  }
  return config;
}

function badOption(reason: string): UsageError {
  return new UsageError(`Bad option: "--cache-config".\n${reason}`);
}
