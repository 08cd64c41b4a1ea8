import type { TraceExporterPlugin } from '@nereid/core';
import { OpenTelemetryExporter } from './open-telemetry-exporter.js';
import { parseOpenTelemetrySettings } from './open-telemetry-settings.js';

/** The trace mode `opentelemetry`. Its settings are in the README. */
const plugin: TraceExporterPlugin = {
  createTraceExporter: ({ settings, logger, clock }) =>
    new OpenTelemetryExporter(parseOpenTelemetrySettings(settings), { logger, clock }),
};

export default plugin;
