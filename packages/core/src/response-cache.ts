import type { ModelResponse } from './inference-response.js';
import type { PluginContext } from './plugin-context.js';

/** The default export of a module that a manifest lists under `caches`. */
export interface ResponseCachePlugin {
  /** Called once, at start-up, if the cache is chosen. Throws an InferError for bad settings. */
  createCache(context: PluginContext): ResponseCache;
}

/**
 * Keeps answers under keys of short printable text, for as long as it has room. A request waits for
 * a lookup, so it is bounded in time. An error is a miss to the server, never a failed request.
 */
export interface ResponseCache {
  /** The answer stored under the key, or undefined; not as a promise where it is at hand. */
  lookup(key: string): ModelResponse | undefined | Promise<ModelResponse | undefined>;
  /** Stores outputs and parameters in place of what the key has; copies what it keeps. */
  insert(key: string, response: ModelResponse): void | Promise<void>;
  /** Called once, when no model is left. */
  close(): Promise<void>;
}
