import type { Flag } from './flag.js';

const GROUP = 'Deprecated';

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
    minimum: 0,
    help: 'Use --cache-config local,size=<bytes> instead.',
    replacedBy: '--cache-config local,size=<bytes>',
  },
  {
    name: 'trace-file',
    group: GROUP,
    type: 'string',
    default: '',
    help: 'Use --trace-config triton,file=<file> instead.',
    replacedBy: '--trace-config triton,file=<file>',
  },
  {
    name: 'trace-level',
    group: GROUP,
    type: 'string',
    default: 'OFF',
    repeatable: true,
    help: 'Use --trace-config level=<OFF|TIMESTAMPS|TENSORS> instead.',
    replacedBy: '--trace-config level=<OFF|TIMESTAMPS|TENSORS>',
  },
  {
    name: 'trace-rate',
    group: GROUP,
    type: 'integer',
    default: '1000',
    minimum: 0,
    help: 'Use --trace-config rate=<rate> instead.',
    replacedBy: '--trace-config rate=<rate>',
  },
  {
    name: 'trace-count',
    group: GROUP,
    type: 'integer',
    default: '-1',
    minimum: -1,
    help: 'Use --trace-config count=<count> instead.',
    replacedBy: '--trace-config count=<count>',
  },
  {
    name: 'trace-log-frequency',
    group: GROUP,
    type: 'integer',
    default: '0',
    minimum: 0,
    help: 'Use --trace-config triton,log-frequency=<frequency> instead.',
    replacedBy: '--trace-config triton,log-frequency=<frequency>',
  },
] as const satisfies readonly Flag[];
