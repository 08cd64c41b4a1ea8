import type { MetricRegistry } from '@nereid/core';
import type { LocalCache, LocalCacheCounts } from './local-cache.js';

type Read = (counts: LocalCacheCounts, cache: LocalCache) => number;

/** Names and kinds as Triton's local cache has them (spec §6): all are gauges. */
const FAMILIES: readonly (readonly [string, string, Read])[] = [
  [
    'nv_cache_util',
    'Part of the response cache that is in use, from 0.0 to 1.0',
    ({ usedBytes }, { sizeBytes }) => usedBytes / sizeBytes,
  ],
  ['nv_cache_num_entries', 'Answers in the response cache', (counts) => counts.entryCount],
  ['nv_cache_num_hits', 'Lookups that found an answer', (counts) => counts.hitCount],
  ['nv_cache_num_misses', 'Lookups that found nothing', (counts) => counts.missCount],
  [
    'nv_cache_num_lookups',
    'Lookups in the response cache',
    (counts) => counts.hitCount + counts.missCount,
  ],
  ['nv_cache_num_evictions', 'Answers that made room for others', (counts) => counts.evictionCount],
  [
    'nv_cache_lookup_duration',
    'Total time of lookups, in microseconds',
    (counts) => Math.floor(counts.lookupNs / 1000),
  ],
  [
    'nv_cache_insertion_duration',
    'Total time of insertions, in microseconds',
    (counts) => Math.floor(counts.insertionNs / 1000),
  ],
];

/** Shows what a cache does until the returned function is called. */
export function showCacheMetrics(cache: LocalCache, metrics: MetricRegistry): () => void {
  const removals = FAMILIES.map(([name, description, read]) =>
    metrics.collected('gauge', { name, description }, () => [
      { labels: {}, value: read(cache.counts, cache) },
    ]),
  );
  return () => {
    for (const remove of removals) remove();
  };
}
