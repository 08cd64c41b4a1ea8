export { InferenceMetrics, type MetricsConfig } from './inference-metrics.js';
export { PromMetricRegistry } from './prom-metric-registry.js';
export { ServerLogger, type ServerLoggerOptions } from './server-logger.js';
export {
  type RequestOutcome,
  StatisticsRecorder,
  type StatisticsRecorderOptions,
} from './statistics-recorder.js';
