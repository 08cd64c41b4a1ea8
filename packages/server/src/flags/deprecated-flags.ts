import type { Flag } from './flag.js';

const GROUP = 'Deprecated';
const TRACES = 'trace records and an exporter for them';

/** Flags that Triton keeps for old command lines. */
export const DEPRECATED_FLAGS = [
  {
    name: 'strict-model-config',
    group: GROUP,
    type: 'boolean',
    default: 'false',
    help: 'Use --disable-auto-complete-config instead.',
  },
  {
    name: 'response-cache-byte-size',
    group: GROUP,
    type: 'integer',
    default: '0',
    help: 'Use --cache-config local,size=<bytes> instead.',
    later: 'a response cache plugin',
  },
  {
    name: 'trace-file',
    group: GROUP,
    type: 'string',
    default: '',
    help: 'Use --trace-config instead.',
    later: TRACES,
  },
  {
    name: 'trace-level',
    group: GROUP,
    type: 'string',
    default: 'OFF',
    repeatable: true,
    help: 'Use --trace-config instead.',
    later: TRACES,
  },
  {
    name: 'trace-rate',
    group: GROUP,
    type: 'integer',
    default: '1000',
    help: 'Use --trace-config instead.',
    later: TRACES,
  },
  {
    name: 'trace-count',
    group: GROUP,
    type: 'integer',
    default: '-1',
    help: 'Use --trace-config instead.',
    later: TRACES,
  },
  {
    name: 'trace-log-frequency',
    group: GROUP,
    type: 'integer',
    default: '0',
    help: 'Use --trace-config instead.',
    later: TRACES,
  },
] as const satisfies readonly Flag[];
