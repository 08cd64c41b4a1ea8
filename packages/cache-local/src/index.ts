import type { ResponseCachePlugin } from '@nereid/core';
import { LocalCache } from './local-cache.js';
import { showCacheMetrics } from './local-cache-metrics.js';
import { cacheSizeBytes } from './local-cache-settings.js';

const plugin: ResponseCachePlugin = {
  createCache({ settings, metrics, clock, logger }) {
    const cache = new LocalCache({ sizeBytes: cacheSizeBytes(settings), clock });
    const hideMetrics = showCacheMetrics(cache, metrics);
    logger.info(`answers are kept in up to ${cache.sizeBytes} bytes of memory`);
    return {
      lookup: (key) => cache.lookup(key),
      insert: (key, response) => cache.insert(key, response),
      close() {
        hideMetrics();
        return cache.close();
      },
    };
  },
};

export default plugin;
