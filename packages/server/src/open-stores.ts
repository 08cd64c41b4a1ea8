import { resolve } from 'node:path';
import {
  isInferError,
  type ModelStore,
  type PluginCatalog,
  type PluginContext,
} from '@nereid/core';
import { FileSystemStore } from '@nereid/model-repository';
import { UsageError } from './flags/parse-flags.js';
import type { ServerSettings } from './server-settings.js';

/** Packages of the same publisher that are not bundled, for the weight of their SDKs. */
const PUBLISHED_STORES: ReadonlyMap<string, string> = new Map([
  ['s3', '@nereid/store-s3'],
  ['gs', '@nereid/store-gcs'],
  ['as', '@nereid/store-azure'],
]);

/**
 * Opens each model repository: a folder, or `<scheme>://…` with the store plugin of that scheme.
 * Rejects with a UsageError for a scheme that no plugin offers, and for a location or settings that
 * its plugin refuses.
 */
export function openStores(
  { modelRepository, storeConfig }: Pick<ServerSettings, 'modelRepository' | 'storeConfig'>,
  catalog: PluginCatalog,
  context: (scheme: string, settings: ReadonlyMap<string, string>) => PluginContext,
): Promise<ModelStore[]> {
  return Promise.all(
    modelRepository.map(async (location) => {
      const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(location)?.[1];
      if (scheme === undefined) return new FileSystemStore(resolve(location));
      if (!catalog.find('stores', scheme)) throw unknownScheme(location, scheme, catalog);
      const plugin = await catalog.activate('stores', scheme);
      const settings = Object.entries({ ...storeConfig[''], ...storeConfig[scheme] });
      try {
        return plugin.createStore(location, context(scheme, new Map(settings)));
      } catch (error) {
        // The location may hold a password, so that it is left to the plugin to name it.
        throw isInferError(error) ? new UsageError(error.message) : error;
      }
    }),
  );
}

function unknownScheme(location: string, scheme: string, catalog: PluginCatalog): UsageError {
  const known = catalog.list('stores').map((entry) => `${entry.name}://`);
  const found = known.length > 0 ? `those found are ${known.join(', ')}` : 'there is none';
  const published = PUBLISHED_STORES.get(scheme);
  const remedy = published === undefined ? '' : `; install it with: npm install ${published}`;
  return new UsageError(
    `--model-repository ${location}: no store plugin knows ${scheme}://; ${found}${remedy}`,
  );
}
