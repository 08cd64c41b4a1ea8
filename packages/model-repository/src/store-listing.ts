import type { ModelStore } from '@nereid/core';
import type { ModelLocator } from './model-locator.js';

/** Which models the stores have together, by key. */
export interface StoreListing {
  /** Sorted; a model that several stores have is here once, unless it has a namespace in each. */
  readonly keys: readonly string[];
  /** Those that several stores have, so that none of them can be served. */
  readonly duplicates: ReadonlySet<string>;
  /** By key, of the models of stores that tell all at once; none unless asked for. */
  readonly fingerprints: ReadonlyMap<string, string>;
}

/** Throws when a store cannot be read. */
export async function listStores(
  stores: readonly ModelStore[],
  locator: ModelLocator,
  { wantFingerprints = false } = {},
): Promise<StoreListing> {
  const fingerprints = new Map<string, string>();
  const lists = await Promise.all(
    stores.map(async (store) => {
      const scan = wantFingerprints ? await store.scan?.() : undefined;
      const keyOf = (name: string) => locator.key(store.location, name);
      for (const [name, fingerprint] of scan ?? []) fingerprints.set(keyOf(name), fingerprint);
      const names = scan ? [...scan.keys()] : await store.listModels();
      return names.map(keyOf);
    }),
  );
  const keys = new Set<string>();
  const duplicates = new Set<string>();
  for (const key of lists.flat()) {
    if (keys.has(key)) duplicates.add(key);
    keys.add(key);
  }
  return { keys: [...keys].sort(), duplicates, fingerprints };
}
