import type { ModelStore } from '@nereid/core';

/** Which models the stores have together. */
export interface StoreListing {
  /** Sorted; a model that several stores have is here once. */
  readonly names: readonly string[];
  /** Those that several stores have, so that none of them can be served. */
  readonly duplicates: ReadonlySet<string>;
}

/** Throws when a store cannot be read. */
export async function listStores(stores: readonly ModelStore[]): Promise<StoreListing> {
  const lists = await Promise.all(stores.map((store) => store.listModels()));
  const names = new Set<string>();
  const duplicates = new Set<string>();
  for (const name of lists.flat()) {
    if (names.has(name)) duplicates.add(name);
    names.add(name);
  }
  return { names: [...names].sort(), duplicates };
}
