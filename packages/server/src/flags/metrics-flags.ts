import type { Flag } from './flag.js';

/** Metrics and traces. */
export const METRICS_FLAGS = [
  {
    name: 'allow-metrics',
    group: 'Metrics',
    type: 'boolean',
    default: 'true',
    help: 'Whether to serve Prometheus metrics.',
  },
  {
    name: 'allow-gpu-metrics',
    group: 'Metrics',
    type: 'boolean',
    default: 'true',
    help: 'Whether to report GPUs; this build has none to report.',
  },
  {
    name: 'allow-cpu-metrics',
    group: 'Metrics',
    type: 'boolean',
    default: 'true',
    help: 'Whether to report processor and memory use (Linux).',
  },
  {
    name: 'metrics-address',
    group: 'Metrics',
    type: 'string',
    help: 'Address to serve metrics on; that of HTTP when not given.',
  },
  {
    name: 'metrics-port',
    group: 'Metrics',
    type: 'integer',
    default: '8002',
    minimum: 0,
    maximum: 65535,
    help: 'Port to serve metrics on; 0 picks a free one.',
  },
  {
    name: 'metrics-use-ssl',
    group: 'Metrics',
    type: 'boolean',
    default: 'false',
    help: 'Whether metrics connections are encrypted.',
  },
  {
    name: 'metrics-use-ssl-mutual',
    group: 'Metrics',
    type: 'boolean',
    default: 'false',
    help: 'Whether metrics clients must show a certificate; turns on --metrics-use-ssl.',
  },
  {
    name: 'metrics-server-cert',
    group: 'Metrics',
    type: 'string',
    default: '',
    help: "PEM file with the server's certificate.",
  },
  {
    name: 'metrics-server-key',
    group: 'Metrics',
    type: 'string',
    default: '',
    help: "PEM file with the server's private key.",
  },
  {
    name: 'metrics-root-cert',
    group: 'Metrics',
    type: 'string',
    default: '',
    help: 'PEM file with the certificates that sign those of clients.',
  },
  {
    name: 'metrics-interval-ms',
    group: 'Metrics',
    type: 'integer',
    default: '2000',
    minimum: 1,
    help: 'Milliseconds between two readings of processor and memory use.',
  },
  {
    name: 'metrics-config',
    group: 'Metrics',
    type: 'string',
    repeatable: true,
    help:
      '<setting>=<value>: counter_latencies, histogram_latencies, summary_latencies and ' +
      'request_histograms take true or false, summary_quantiles a list such as ' +
      '0.5:0.05,0.99:0.001, request_histogram_buckets one of seconds.',
  },
  {
    name: 'trace-config',
    group: 'Tracing',
    type: 'string',
    repeatable: true,
    help:
      '[<mode>,]<setting>=<value>: how requests are traced. For all modes: mode (triton or ' +
      'opentelemetry), level (OFF, TIMESTAMPS, TENSORS), rate, count. For triton: file, ' +
      'log-frequency. For opentelemetry: url, resource=<key>=<value>, bsp_max_queue_size, ' +
      'bsp_schedule_delay, bsp_max_export_batch_size.',
  },
] as const satisfies readonly Flag[];
