import { InferError, type PluginContext, systemClock } from '@nereid/core';
import { CollectingLogger } from './collecting-logger.js';
import { FakeMetricRegistry } from './fake-metric-registry.js';

export interface FakePluginContext extends PluginContext {
  readonly logger: CollectingLogger;
  readonly metrics: FakeMetricRegistry;
}

/**
 * What a plugin needs of a server: a log and metrics that can be read, no settings, the system's
 * clock, and no other models. Each part can be given instead.
 */
export function fakePluginContext(parts: Partial<FakePluginContext> = {}): FakePluginContext {
  return {
    logger: new CollectingLogger(),
    settings: new Map(),
    metrics: new FakeMetricRegistry(),
    clock: systemClock,
    infer: ({ modelName }, sink) =>
      sink.end(new InferError('NOT_FOUND', `unknown model '${modelName}'`)),
    models: {
      loadModel: async (name) => {
        throw new InferError('NOT_FOUND', `unknown model '${name}'`);
      },
      unloadModel: async () => {},
      isModelReady: () => false,
    },
    ...parts,
  };
}
