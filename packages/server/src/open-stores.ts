import { resolve } from 'node:path';
import type { ModelStore, PluginCatalog, PluginContext } from '@nereid/core';
import { FileSystemStore } from '@nereid/model-repository';
import { UsageError } from './flags/parse-flags.js';

/**
 * Opens each model repository: a folder, or `<scheme>://…` with the store plugin of that scheme.
 * Rejects with a UsageError for a scheme that no plugin offers.
 */
export function openStores(
  locations: readonly string[],
  catalog: PluginCatalog,
  context: (scheme: string) => PluginContext,
): Promise<ModelStore[]> {
  return Promise.all(
    locations.map(async (location) => {
      const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(location)?.[1];
      if (scheme === undefined) return new FileSystemStore(resolve(location));
      if (!catalog.find('stores', scheme)) throw unknownScheme(location, scheme, catalog);
      const plugin = await catalog.activate('stores', scheme);
      return plugin.createStore(location, context(scheme));
    }),
  );
}

function unknownScheme(location: string, scheme: string, catalog: PluginCatalog): UsageError {
  const known = catalog.list('stores').map((entry) => `${entry.name}://`);
  const found = known.length > 0 ? `those found are ${known.join(', ')}` : 'there is none';
  return new UsageError(
    `--model-repository ${location}: no store plugin knows ${scheme}://; ${found}`,
  );
}
