import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BackendPlugin } from './backend.js';
import type { CommandPlugin } from './command.js';
import type { FrontendPlugin } from './frontend.js';
import type { ModelStorePlugin } from './model-store.js';
import { type PluginEntry, PluginError, type PluginKind } from './plugin-manifest.js';
import type { RepoAgentPlugin } from './repo-agent.js';
import type { ResponseCachePlugin } from './response-cache.js';
import type { SchedulerPlugin } from './scheduler.js';
import type { TraceExporterPlugin } from './trace-exporter.js';

/** What the module of each kind of plugin exports by default. */
export interface PluginOfKind {
  backends: BackendPlugin;
  schedulers: SchedulerPlugin;
  repoAgents: RepoAgentPlugin;
  caches: ResponseCachePlugin;
  stores: ModelStorePlugin;
  frontends: FrontendPlugin;
  traceExporters: TraceExporterPlugin;
  commands: CommandPlugin;
}

/** The function every plugin of a kind must have. */
const FACTORY = {
  backends: 'createBackend',
  schedulers: 'createScheduler',
  repoAgents: 'createRepoAgent',
  caches: 'createCache',
  stores: 'createStore',
  frontends: 'createFrontend',
  traceExporters: 'createTraceExporter',
  commands: 'runCommand',
} as const satisfies Record<PluginKind, string>;

/** The plugins found at start-up, by kind and name. Importing one happens at its first use. */
export class PluginCatalog {
  readonly #entries = new Map<string, PluginEntry>();
  readonly #modules = new Map<PluginEntry, Promise<unknown>>();

  /** Throws a PluginError when two packages offer the same plugin. */
  constructor(entries: readonly PluginEntry[]) {
    for (const entry of entries) this.#add(entry);
  }

  list(kind: PluginKind): readonly PluginEntry[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.kind === kind)
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  find(kind: PluginKind, name: string): PluginEntry | undefined {
    return this.#entries.get(key(kind, name));
  }

  /**
   * Imports a plugin's module, once, and returns its default export. Rejects with a PluginError
   * when the module cannot be imported or exports something else.
   */
  async activate<K extends PluginKind>(kind: K, name: string): Promise<PluginOfKind[K]> {
    const entry = this.find(kind, name);
    if (!entry) throw new PluginError(`no package offers ${name} under "nereid.${kind}"`);
    const module = this.#modules.get(entry) ?? importPlugin(entry);
    this.#modules.set(entry, module);
    return (await module) as PluginOfKind[K];
  }

  #add(entry: PluginEntry): void {
    const existing = this.#entries.get(key(entry.kind, entry.name));
    if (existing) {
      throw new PluginError(
        `both ${describe(existing)} and ${describe(entry)} offer ${entry.name} under ` +
          `"nereid.${entry.kind}"; remove one of them`,
      );
    }
    this.#entries.set(key(entry.kind, entry.name), entry);
  }
}

async function importPlugin(entry: PluginEntry): Promise<unknown> {
  const path = join(entry.packageDirectory, entry.modulePath);
  let module: { readonly default?: Readonly<Record<string, unknown>> };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PluginError(`${describe(entry)} cannot be imported from ${path}: ${reason}`, {
      cause,
    });
  }
  const factory = FACTORY[entry.kind];
  if (typeof module.default?.[factory] !== 'function') {
    throw new PluginError(
      `${describe(entry)}: ${entry.modulePath} must export an object with ${factory} by default`,
    );
  }
  return module.default;
}

function key(kind: PluginKind, name: string): string {
  return `${kind}/${name}`;
}

function describe(entry: PluginEntry): string {
  return `${entry.packageName}@${entry.packageVersion} (${entry.packageDirectory})`;
}
