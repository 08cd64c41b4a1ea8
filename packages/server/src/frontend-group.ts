import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  Frontend,
  FrontendContext,
  InferenceServer,
  ListeningAddress,
  Logger,
  PluginCatalog,
} from '@nereid/core';
import { InferError, toInferError } from '@nereid/core';
import type { FrontendThreads } from '@nereid/frontend-threads';
import type { ServerSettings } from './server-settings.js';
import { settingsOnThread } from './settings-on-thread.js';

/** The plugin that is meant by each member of the settings. */
const PLUGIN_NAMES = {
  http: 'http',
  grpc: 'grpc',
  metrics: 'metrics',
  sagemaker: 'sagemaker',
  vertexAi: 'vertex_ai',
} as const;

const FRONTEND_NAMES = ['http', 'grpc', 'metrics', 'sagemaker', 'vertexAi'] as const;

type FrontendName = (typeof FRONTEND_NAMES)[number];

/** What chooses another place for a listener; that of the others is where HTTP's is. */
const PLACE_FLAGS = {
  http: '--http-address and --http-port choose',
  grpc: '--grpc-address and --grpc-port choose',
  metrics: '--metrics-address and --metrics-port choose',
  sagemaker: '--http-address and --sagemaker-port choose',
  vertexAi: '--http-address and --vertex-ai-port choose',
} as const satisfies Record<FrontendName, string>;

interface FrontendGroupOptions {
  readonly settings: Pick<ServerSettings, FrontendName | 'frontendThreads'>;
  readonly catalog: PluginCatalog;
  readonly server: InferenceServer;
  readonly logger: Logger;
  /** The URL of a module that front-end threads import first. */
  readonly threadSetup?: string | undefined;
  /** Makes the context of a plugin with these settings. */
  context(name: FrontendName, settings: ReadonlyMap<string, string>): FrontendContext;
}

/** The front ends of one server: plugins of the catalog, by the names in `PLUGIN_NAMES`. */
export class FrontendGroup {
  readonly #options: FrontendGroupOptions;
  readonly #running: Frontend[] = [];
  #threads: FrontendThreads | undefined;
  #addresses: readonly ListeningAddress[] = [];

  constructor(options: FrontendGroupOptions) {
    this.#options = options;
  }

  /** Where the front ends that run can be reached; changes as they start. */
  get addresses(): readonly ListeningAddress[] {
    return this.#addresses;
  }

  /**
   * Starts all that are wanted. Rejects with an InferError when one cannot start, once the others
   * have settled; those that run are stopped by `stop`.
   */
  async start(): Promise<void> {
    const starts = FRONTEND_NAMES.map((name) => this.#start(name));
    for (const result of await Promise.allSettled(starts)) {
      if (result.status === 'rejected') throw result.reason;
    }
  }

  /** Lets accepted requests finish for up to `graceMs` milliseconds, and closes all connections. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all(this.#running.splice(0).map((frontend) => frontend.stop(graceMs)));
    this.#addresses = [];
  }

  async #start(name: FrontendName): Promise<void> {
    const { settings, logger } = this.#options;
    const values = frontendValues(settings, name);
    if (values === false) return;
    const frontend = await this.#create(name, pluginSettings(values));
    const address = await startAt(name, frontend);
    this.#running.push(frontend);
    this.#addresses = [...this.#addresses, address];
    logger.info(`Started ${address.service} at ${hostAndPort(address)}`);
  }

  async #create(name: FrontendName, values: ReadonlyMap<string, string>): Promise<Frontend> {
    const { settings, catalog, server, context } = this.#options;
    if (settings.frontendThreads > 0 && (name === 'http' || name === 'grpc')) {
      return await this.#createOnThreads(name, values);
    }
    const plugin = await catalog.activate('frontends', PLUGIN_NAMES[name]);
    return plugin.createFrontend(server, context(name, values));
  }

  async #createOnThreads(
    name: 'http' | 'grpc',
    values: ReadonlyMap<string, string>,
  ): Promise<Frontend> {
    const { settings, catalog, server, logger, context, threadSetup: setup } = this.#options;
    const { clock, authorizer, accessLog } = context(name, values);
    const count = settings.frontendThreads;
    // Only here, because most servers start without.
    const { FrontendThreads } = await import('@nereid/frontend-threads');
    const surroundings = { server, logger, clock, authorizer, accessLog, setup };
    this.#threads ??= new FrontendThreads({ count, ...surroundings });
    return this.#threads.frontend({
      name,
      module: moduleOf(catalog, PLUGIN_NAMES[name]),
      settings: settingsOnThread(name, values, count),
    });
  }
}

/** The URL of a front end's module, which the threads import. */
function moduleOf(catalog: PluginCatalog, name: string): string {
  const entry = catalog.find('frontends', name);
  if (entry === undefined) throw new InferError('INTERNAL', `no package offers ${name}`);
  return pathToFileURL(join(entry.packageDirectory, entry.modulePath)).href;
}

async function startAt(name: FrontendName, frontend: Frontend): Promise<ListeningAddress> {
  try {
    return await frontend.start();
  } catch (cause) {
    const { code, message } = toInferError(cause);
    const remedy = `${PLACE_FLAGS[name]} another place`;
    throw new InferError(code, `${message}; ${remedy}`, { cause });
  }
}

/** Settings by their flag's name without its prefix; the empty are left out, lists have lines. */
function pluginSettings(values: object): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [key, value] of Object.entries(values)) {
    const text = Array.isArray(value) ? value.join('\n') : String(value);
    if (text === '') continue;
    settings.set(
      key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      text,
    );
  }
  return settings;
}

/** The settings of a front end's listener; some have others, which are not the front end's. */
function frontendValues(settings: FrontendGroupOptions['settings'], name: FrontendName) {
  if (name === 'sagemaker' && settings.sagemaker !== false) {
    const { safePortRange: _, ...values } = settings.sagemaker;
    return values;
  }
  if (name !== 'metrics' || settings.metrics === false) return settings[name];
  const { cpu: _, intervalMs: __, config: ___, ...listener } = settings.metrics;
  return listener;
}

/** An IPv6 address needs brackets before a port. */
function hostAndPort({ host, port }: ListeningAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
