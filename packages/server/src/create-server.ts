import { type PluginCatalog, type PluginKind, systemClock } from '@nereid/core';
import { ServerLogger } from '@nereid/observability';
import { openApiWarnings } from './access/open-apis.js';
import { TokenAuthorizer } from './access/token-authorizer.js';
import { checkSettings } from './check-settings.js';
import {
  CPU_METRICS,
  ENGINE,
  FRONTENDS,
  pluginContext,
  provideEngine,
  provideFrontends,
  provideObservability,
  provideRepository,
  provideTracing,
  type ServerSurroundings,
} from './composition.js';
import { Container } from './container.js';
import { coreCount } from './core-count.js';
import { findPlugins } from './find-plugins.js';
import { hostPolicyCores } from './host-policies.js';
import { NereidServer } from './nereid-server.js';
import { openResponseCache } from './open-response-cache.js';
import { openStores } from './open-stores.js';
import { openTraceExporter } from './open-trace-exporter.js';
import type { ServerOptions, ServerSettings } from './server-settings.js';
import { settingsFromOptions } from './settings-from-options.js';
import { textTable } from './text-table.js';

/**
 * Makes a server for the use inside this process: it handles no signals and never exits the
 * process. Several may live side by side. Rejects with a UsageError for contradictory options, and
 * with a PluginError when the plugins in reach are faulty. The server neither listens nor loads
 * before `start`.
 */
export async function createServer(options: ServerOptions): Promise<NereidServer> {
  const settings = settingsFromOptions(options);
  const logger = options.logger ?? new ServerLogger({ settings: settings.log, clock: systemClock });
  return await assembleServer(settings, logger);
}

/**
 * Makes a server of complete settings. The caller closes the logger. `threadSetup` is the URL of a
 * module that front-end threads import first.
 */
export async function assembleServer(
  settings: ServerSettings,
  logger: ServerLogger,
  threadSetup?: string,
): Promise<NereidServer> {
  checkSettings(settings);
  for (const warning of openApiWarnings(settings)) logger.warn(warning);
  const [catalog, cores, hostPolicies] = await Promise.all([
    findPlugins(settings.pluginDirectories),
    coreCount(),
    hostPolicyCores(settings.hostPolicy),
  ]);
  logger.block('backends', pluginTable(catalog, 'backends', 'Backend'));
  logger.block('repository agents', pluginTable(catalog, 'repoAgents', 'Repository Agent'));
  const container = new Container();
  provideObservability(container, { settings, logger });
  const stores = await openStores(settings, catalog, (scheme, own) =>
    pluginContext(container, logger, [scheme, own]),
  );
  const surroundings: ServerSurroundings = {
    settings,
    logger,
    catalog,
    stores,
    coreCount: cores,
    hostPolicies,
    threadSetup,
    authorizer: await openAuthorizer(settings, logger),
    traceExporter: await openTraceExporter(settings.trace, catalog, logger),
    // Last, because it may connect to another server.
    responseCache: await openResponseCache(settings, catalog, (name, own) =>
      pluginContext(container, logger, [name, own]),
    ),
  };
  provideTracing(container, surroundings);
  provideRepository(container, surroundings);
  provideEngine(container, surroundings);
  provideFrontends(container, surroundings);
  return new NereidServer({
    settings,
    logger,
    engine: container.get(ENGINE),
    frontends: container.get(FRONTENDS),
    cpuMetrics: container.get(CPU_METRICS),
    close: () => container.close(),
  });
}

async function openAuthorizer(
  { authTokensFile }: ServerSettings,
  logger: ServerLogger,
): Promise<TokenAuthorizer | undefined> {
  if (authTokensFile === '') return undefined;
  return await TokenAuthorizer.open(authTokensFile, logger.child('access'));
}

function pluginTable(catalog: PluginCatalog, kind: PluginKind, heading: string): string {
  const rows = catalog
    .list(kind)
    .map((entry) => [entry.name, `${entry.packageName}@${entry.packageVersion}`]);
  return textTable([heading, 'Package'], rows);
}
