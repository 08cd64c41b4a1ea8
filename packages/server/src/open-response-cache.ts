import {
  isInferError,
  type PluginCatalog,
  type PluginContext,
  type ResponseCache,
} from '@nereid/core';
import { UsageError } from './flags/parse-flags.js';
import type { ServerSettings } from './server-settings.js';

/**
 * Makes the response cache that the settings name; none when they name none. Rejects with a
 * UsageError for a cache that no package offers, and for settings that it refuses.
 */
export async function openResponseCache(
  { cacheConfig }: Pick<ServerSettings, 'cacheConfig'>,
  catalog: PluginCatalog,
  context: (name: string, settings: ReadonlyMap<string, string>) => PluginContext,
): Promise<ResponseCache | undefined> {
  const [chosen] = Object.entries(cacheConfig);
  if (chosen === undefined) return undefined;
  const [name, settings] = chosen;
  if (catalog.find('caches', name) === undefined) throw unknownCache(name, catalog);
  const plugin = await catalog.activate('caches', name);
  try {
    return plugin.createCache(context(name, new Map(Object.entries(settings))));
  } catch (error) {
    throw isInferError(error) ? new UsageError(`--cache-config ${name}: ${error.message}`) : error;
  }
}

function unknownCache(name: string, catalog: PluginCatalog): UsageError {
  const known = catalog.list('caches').map((entry) => entry.name);
  const found = known.length > 0 ? `those found are ${known.join(', ')}` : 'there is none';
  return new UsageError(`--cache-config: no package offers the response cache '${name}'; ${found}`);
}
