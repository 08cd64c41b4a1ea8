import type { PluginContext } from './plugin-context.js';
import type { Tensor } from './tensor.js';

/** The default export of a module that a manifest lists under `caches`. */
export interface ResponseCachePlugin {
  createCache(context: PluginContext): ResponseCache;
}

/**
 * Keeps the outputs of earlier requests. An error is a miss to the server, never a failed request.
 */
export interface ResponseCache {
  /** Returns the outputs stored under the key, or undefined. */
  lookup(key: string): Promise<readonly Tensor[] | undefined>;
  /** Stores the outputs; copies what it keeps. */
  insert(key: string, outputs: readonly Tensor[]): Promise<void>;
  close(): Promise<void>;
}
