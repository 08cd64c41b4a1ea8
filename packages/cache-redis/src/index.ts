import type { ResponseCachePlugin } from '@nereid/core';
import { RedisCache } from './redis-cache.js';
import { RedisConnection } from './redis-connection.js';
import { parseRedisSettings } from './redis-settings.js';

/** The response cache `redis`. Its settings are in the README. */
const plugin: ResponseCachePlugin = {
  createCache({ settings: given, metrics, clock, logger }) {
    const settings = parseRedisSettings(given, process.env);
    if (given.has('wait_timeout')) {
      logger.warn('wait_timeout has no effect: requests share the connections and wait for none');
    }
    const options = { settings, logger, clock };
    const cache = new RedisCache(
      Array.from({ length: settings.connectionCount }, () => new RedisConnection(options)),
    );
    const hideMetric = metrics.collected(
      'gauge',
      { name: 'nereid_cache_redis_connections', description: 'Connections to Redis in order' },
      () => [{ labels: {}, value: cache.usableCount }],
    );
    return {
      lookup: (key) => cache.lookup(key),
      insert: (key, response) => cache.insert(key, response),
      close() {
        hideMetric();
        return cache.close();
      },
    };
  },
};

export default plugin;
