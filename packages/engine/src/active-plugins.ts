import {
  type Backend,
  type Clock,
  InferError,
  type Logger,
  type MetricRegistry,
  type PluginCatalog,
  type PluginContext,
  type RepoAgent,
  type SchedulerPlugin,
  type SchedulingChoice,
  toInferError,
} from '@nereid/core';
import { missingBackend, missingRepoAgent, missingScheduler } from './missing-plugin-errors.js';

interface ActivePluginsOptions {
  readonly catalog: PluginCatalog;
  /** By backend name; the empty name holds those for every backend. */
  readonly backendSettings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly repoAgentSettings: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly logger: Logger;
  readonly metrics: MetricRegistry;
  readonly clock: Clock;
  readonly infer: PluginContext['infer'];
  readonly models: PluginContext['models'];
}

type BackendPlugins = 'backends' | 'schedulers' | 'repoAgents';

/** The plugins in use. Each is imported and made once, at the first model that needs it. */
export class ActivePlugins {
  readonly #options: ActivePluginsOptions;
  readonly #backends = new Map<string, Promise<Backend>>();
  readonly #repoAgents = new Map<string, Promise<RepoAgent>>();

  constructor(options: ActivePluginsOptions) {
    this.#options = options;
  }

  /** Rejects with an InferError that lists the backends found if there is no such backend. */
  backend(name: string): Promise<Backend> {
    return once(this.#backends, name, async () => {
      if (!this.#has('backends', name)) throw missingBackend(name, this.#options.catalog);
      const plugin = await this.#activate('backends', name);
      return plugin.createBackend(this.#context(name, this.backendSettings(name)));
    });
  }

  /** Those for every backend and those for this one, which win. */
  backendSettings(name: string): ReadonlyMap<string, string> {
    const { backendSettings, catalog } = this.#options;
    const script = catalog.find('backends', name)?.script;
    const settings = new Map([
      ...(backendSettings.get('') ?? []),
      ...(script ? (backendSettings.get(script.backend) ?? []) : []),
      ...(backendSettings.get(name) ?? []),
    ]);
    return script ? settings.set('script-folder', script.folder) : settings;
  }

  hasScheduler(choice: SchedulingChoice): boolean {
    return this.#has('schedulers', choice);
  }

  /** Rejects with an InferError that lists the schedulers found if there is none for the choice. */
  async scheduler(choice: SchedulingChoice): Promise<SchedulerPlugin> {
    if (!this.#has('schedulers', choice)) throw missingScheduler(choice, this.#options.catalog);
    return await this.#activate('schedulers', choice);
  }

  /**
   * Rejects with an InferError that lists the repository agents found if there is no such agent.
   */
  repoAgent(name: string): Promise<RepoAgent> {
    return once(this.#repoAgents, name, async () => {
      if (!this.#has('repoAgents', name)) throw missingRepoAgent(name, this.#options.catalog);
      const plugin = await this.#activate('repoAgents', name);
      const settings = this.#options.repoAgentSettings.get(name) ?? new Map();
      return plugin.createRepoAgent(this.#context(name, settings));
    });
  }

  /** Closes the backends. Called once, when no model is left. */
  async close(): Promise<void> {
    const closing = [...this.#backends].map(async ([name, backend]) => {
      try {
        await (await backend).close();
      } catch (error) {
        this.#options.logger.error(`backend ${name} did not close cleanly: ${String(error)}`);
      }
    });
    this.#backends.clear();
    await Promise.all(closing);
  }

  #has(kind: BackendPlugins, name: string): boolean {
    return this.#options.catalog.find(kind, name) !== undefined;
  }

  /**
   * A plugin that cannot be imported fails the load that needs it, like any other fault of the
   * model.
   */
  async #activate<K extends BackendPlugins>(kind: K, name: string) {
    try {
      return await this.#options.catalog.activate(kind, name);
    } catch (error) {
      const { message } = toInferError(error);
      throw new InferError('INTERNAL', message, { cause: error });
    }
  }

  #context(name: string, settings: ReadonlyMap<string, string>): PluginContext {
    const { logger, metrics, clock, infer, models } = this.#options;
    return { logger: logger.child(name), settings, metrics, clock, infer, models };
  }
}

/** Remembers what `make` gives, unless it fails: the next load may try again. */
function once<T>(made: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  const existing = made.get(name);
  if (existing !== undefined) return existing;
  const promise = make();
  made.set(name, promise);
  promise.catch(() => made.delete(name));
  return promise;
}
