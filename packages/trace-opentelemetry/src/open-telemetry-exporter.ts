import type { Clock, FinishedTrace, Logger, TraceExporter } from '@nereid/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  RandomIdGenerator,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { type OpenTelemetrySettings, shownSettings } from './open-telemetry-settings.js';
import { SpanIds, SpanWriter } from './span-writer.js';
import { WallClock } from './wall-clock.js';

/** How long the last spans may take when the server stops. */
const CLOSE_LIMIT_US = 5_000_000;
/** Bounds what a single span holds, as the recording of traces does. */
const MAX_EVENTS = 1_024;

interface ExporterServices {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Sends traces as spans to an OTLP/HTTP collector, in batches and in the background. */
export class OpenTelemetryExporter implements TraceExporter {
  readonly settings: TraceExporter['settings'];
  readonly takesTensors = false;
  readonly #services: ExporterServices;
  readonly #provider: TracerProvider;
  readonly #tracer: ReturnType<TracerProvider['getTracer']>;
  readonly #ids: SpanIds;

  constructor(settings: OpenTelemetrySettings, services: ExporterServices) {
    this.settings = shownSettings(settings);
    this.#services = services;
    const random = new RandomIdGenerator();
    this.#ids = new SpanIds(() => random.generateSpanId());
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes(Object.fromEntries(settings.resource)),
      // Which requests are traced has been decided before.
      sampler: new AlwaysOnSampler(),
      idGenerator: this.#ids,
      spanLimits: { eventCountLimit: MAX_EVENTS },
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: loggedExporter(new OTLPTraceExporter({ url: settings.url }), services.logger),
          maxQueueSize: settings.maxQueueSize,
          scheduledDelayMillis: settings.scheduleDelayMs,
          maxExportBatchSize: settings.maxExportBatchSize,
        }),
      ],
    });
    this.#tracer = this.#provider.getTracer('nereid');
  }

  export(finished: FinishedTrace): void {
    const clock = new WallClock(this.#services.clock);
    new SpanWriter({ tracer: this.#tracer, ids: this.#ids, clock }).write(finished);
  }

  async close(): Promise<void> {
    const { clock, logger } = this.#services;
    let cancel = () => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = clock.schedule(CLOSE_LIMIT_US, () => {
        logger.error('the last spans could not be sent in time');
        resolve();
      });
    });
    // A failure has been logged by the exporter.
    const closed = this.#provider.shutdown().catch(() => {});
    await Promise.race([closed, timeout]);
    cancel();
  }
}

/** The SDK keeps the failures of an exporter to itself; here the log tells when they begin. */
function loggedExporter(exporter: SpanExporter, logger: Logger): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const { error } = result;
        if (error && !failing) logger.error(`spans are lost: ${error.message}`);
        failing = error !== undefined;
        done(result);
      });
    },
    forceFlush: async () => await exporter.forceFlush?.(),
    shutdown: () => exporter.shutdown(),
  };
}
