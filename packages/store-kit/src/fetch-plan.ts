import { createHash } from 'node:crypto';
import type { ModelFile, ModelListing } from './model-listing.js';
import type { RemoteObject } from './object-source.js';

/** What has to happen before a model's folder can be put together from the cache. */
export interface FetchPlan {
  readonly fetch: readonly ModelFile[];
  readonly reuse: readonly ModelFile[];
  readonly fetchBytes: number;
}

/** Fetches what the cache does not have; the largest first, so that no long one comes last. */
export function planFetch(
  { files }: ModelListing,
  isCached: (object: RemoteObject) => boolean,
): FetchPlan {
  const fetch = files.filter(({ object }) => !isCached(object));
  return {
    fetch: fetch.toSorted((a, b) => b.object.sizeBytes - a.object.sizeBytes),
    reuse: files.filter(({ object }) => isCached(object)),
    fetchBytes: fetch.reduce((sum, { object }) => sum + object.sizeBytes, 0),
  };
}

/** The name of an object in the cache. One that changes gets another name. */
export function cacheName(
  sourceIdentity: string,
  { path, version, sizeBytes }: RemoteObject,
): string {
  return createHash('sha256')
    .update(JSON.stringify([sourceIdentity, path, version, sizeBytes]))
    .digest('hex');
}
