import { type PluginCatalog, systemClock, type TraceExporter } from '@nereid/core';
import type { ServerLogger } from '@nereid/observability';
import { UsageError } from './flags/parse-flags.js';
import type { TraceStartSettings } from './trace-start-settings.js';

/**
 * The exporter of the trace mode; none for `triton`, which writes files. Throws a UsageError for a
 * mode that no package offers.
 */
export async function openTraceExporter(
  { mode, exporter: settings }: TraceStartSettings,
  catalog: PluginCatalog,
  logger: ServerLogger,
): Promise<TraceExporter | undefined> {
  if (mode === 'triton') return undefined;
  if (catalog.find('traceExporters', mode) === undefined) {
    const modes = ['triton', ...catalog.list('traceExporters').map(({ name }) => name)];
    throw new UsageError(
      `Bad option: "--trace-config mode".\ninvalid value for trace mode option: ${mode}. ` +
        `Available options are ${modes.map((name) => `"${name}"`).join(' and ')}`,
    );
  }
  const plugin = await catalog.activate('traceExporters', mode);
  return plugin.createTraceExporter({ logger: logger.child(mode), clock: systemClock, settings });
}
