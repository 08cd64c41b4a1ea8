import type { Flag } from './flag.js';

/** Identity, exit and log of the server. */
export const GENERAL_FLAGS = [
  {
    name: 'id',
    group: 'Server',
    type: 'string',
    default: 'nereid',
    help: 'Name of this server in its metadata.',
  },
  {
    name: 'exit-timeout-secs',
    group: 'Server',
    type: 'integer',
    default: '30',
    minimum: 0,
    help: 'Seconds that accepted requests have to finish when the server exits.',
  },
  {
    name: 'frontend-threads',
    group: 'Server',
    type: 'integer',
    default: '0',
    minimum: 0,
    maximum: 256,
    help:
      'Threads that HTTP and gRPC run on, which leaves the main thread to models. 0 runs them on ' +
      'the main thread, which is best where few cores are.',
  },
  {
    name: 'log-verbose',
    group: 'Logging',
    type: 'verbosity',
    default: '0',
    help: 'Verbosity of the log; 0 is off, true is 1.',
  },
  {
    name: 'log-info',
    group: 'Logging',
    type: 'boolean',
    default: 'true',
    help: 'Whether to log information.',
  },
  {
    name: 'log-warning',
    group: 'Logging',
    type: 'boolean',
    default: 'true',
    help: 'Whether to log warnings.',
  },
  {
    name: 'log-error',
    group: 'Logging',
    type: 'boolean',
    default: 'true',
    help: 'Whether to log errors.',
  },
  {
    name: 'log-format',
    group: 'Logging',
    type: 'string',
    default: 'default',
    choices: ['default', 'ISO8601', 'json'],
    help: 'Format of log lines: Triton\'s "default" or "ISO8601", or "json", one object per line.',
  },
  {
    name: 'log-file',
    group: 'Logging',
    type: 'string',
    default: '',
    help: 'File to append the log to instead of standard error. It may be rotated at any time.',
  },
  {
    name: 'access-log',
    group: 'Logging',
    type: 'string',
    default: 'off',
    choices: ['off', 'common', 'json'],
    help:
      'A line for each request: "common" as web servers write them, "json", or "off". It goes ' +
      'to standard output.',
  },
  {
    name: 'access-log-file',
    group: 'Logging',
    type: 'string',
    default: '',
    help: 'File to append the access log to instead. It may be rotated at any time.',
  },
] as const satisfies readonly Flag[];
