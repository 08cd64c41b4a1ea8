import type { Clock } from './clock.js';
import type { InferenceRequest } from './inference-request.js';
import type { ResponseSink } from './inference-response.js';
import type { InferenceServer } from './inference-server.js';
import type { Logger } from './logger.js';
import type { MetricRegistry } from './metric-registry.js';

/** What the server gives each plugin as it activates it. */
export interface PluginContext {
  readonly logger: Logger;
  /**
   * The settings meant for this plugin, such as those of
   * `--backend-config=<name>,<setting>=<value>`.
   */
  readonly settings: ReadonlyMap<string, string>;
  readonly metrics: MetricRegistry;
  readonly clock: Clock;
  /** Sends a request to another model of this server: what business logic scripting is built on. */
  infer(request: InferenceRequest, sink: ResponseSink): void;
  /** For models that load and unload others. */
  readonly models: Pick<InferenceServer, 'loadModel' | 'unloadModel' | 'isModelReady'>;
}
