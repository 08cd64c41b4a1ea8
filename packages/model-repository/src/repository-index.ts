import type { ModelIndexEntry } from '@nereid/core';
import { DUPLICATE_REASON } from './content-preparer.js';
import type { ModelLocator } from './model-locator.js';
import type { RecordTable } from './record-table.js';
import type { StoreListing } from './store-listing.js';
import { INDEX_STATE, type ModelVersion } from './version-lifecycle.js';
import type { LoadedVersion } from './version-loader.js';

/**
 * The repository index (spec §1.8): a line for each version ever loaded of the models in the
 * stores, a name alone for a model that never was. Models that were loaded from a request's files
 * and are in no store have no line, as with Triton. Namespaces are not told, either.
 */
export function repositoryIndex<V extends LoadedVersion>(
  listing: StoreListing,
  records: RecordTable<V>,
  locator: ModelLocator,
): readonly ModelIndexEntry[] {
  return listing.keys.flatMap((key) => {
    const known = records.get(key);
    const name = locator.name(key);
    // A duplicate that came up while the model serves does not end its service.
    if (listing.duplicates.has(key) && !known?.content) {
      return [{ name, version: undefined, state: 'UNAVAILABLE', reason: DUPLICATE_REASON }];
    }
    const versions = known?.versions ?? [];
    if (versions.length === 0) {
      return [{ name, version: undefined, state: undefined, reason: '' }];
    }
    return versions.map((entry) => versionLine(name, entry));
  });
}

function versionLine<V extends LoadedVersion>(
  name: string,
  entry: ModelVersion<V>,
): ModelIndexEntry {
  const { version, state, reason, serving } = entry;
  if (serving && !serving.ready) {
    return { name, version, state: 'UNAVAILABLE', reason: 'cannot serve at present' };
  }
  return { name, version, state: INDEX_STATE[state], reason };
}
