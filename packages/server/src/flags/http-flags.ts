import type { Flag } from './flag.js';

/** The HTTP/REST front end. */
export const HTTP_FLAGS = [
  {
    name: 'allow-http',
    group: 'HTTP',
    type: 'boolean',
    default: 'true',
    help: 'Whether to listen for HTTP requests.',
  },
  {
    name: 'http-address',
    group: 'HTTP',
    type: 'string',
    default: '0.0.0.0',
    help: 'Address to listen on for HTTP requests.',
  },
  {
    name: 'http-port',
    group: 'HTTP',
    type: 'integer',
    default: '8000',
    minimum: 0,
    maximum: 65535,
    help: 'Port to listen on for HTTP requests; 0 picks a free one.',
  },
  {
    name: 'reuse-http-port',
    group: 'HTTP',
    type: 'boolean',
    default: 'false',
    help: 'Whether several servers may listen on the HTTP port.',
  },
  {
    name: 'http-header-forward-pattern',
    group: 'HTTP',
    type: 'string',
    default: '',
    help: 'Regular expression of headers to forward as request parameters; ignores case.',
  },
  {
    name: 'http-thread-count',
    group: 'HTTP',
    type: 'integer',
    default: '8',
    minimum: 1,
    help: 'Accepted for Triton command lines: one event loop serves all HTTP connections.',
  },
  {
    name: 'http-max-input-size',
    group: 'HTTP',
    type: 'integer',
    default: '67108864',
    minimum: 1,
    help: 'Largest HTTP request body, in bytes.',
  },
  {
    name: 'http-restricted-api',
    group: 'HTTP',
    type: 'string',
    repeatable: true,
    help: '<apis>:<header>=<value>: APIs that answer only requests with this header.',
  },
] as const satisfies readonly Flag[];
