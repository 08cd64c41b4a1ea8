export type { AccessLogFormat } from './access-line.js';
export { AccessLogger, type AccessLoggerOptions } from './access-logger.js';
export { computeDurations } from './compute-durations.js';
export { CpuMetrics, type CpuMetricsOptions } from './cpu-metrics.js';
export { InferenceMetrics } from './inference-metrics.js';
export {
  DEFAULT_METRICS_CONFIG,
  type MetricsConfig,
  parseMetricsConfig,
} from './metrics-config.js';
export { PromMetricRegistry } from './prom-metric-registry.js';
export type { ResponseOutcome } from './response-statistics.js';
export { ServerLogger, type ServerLoggerOptions } from './server-logger.js';
export {
  type RequestOutcome,
  StatisticsRecorder,
  type StatisticsRecorderOptions,
} from './statistics-recorder.js';
export { TraceManager, type TraceManagerOptions } from './trace-manager.js';
