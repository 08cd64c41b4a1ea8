import type { Flag } from './flag.js';

/** Who may use the server. */
export const SECURITY_FLAGS = [
  {
    name: 'auth-tokens-file',
    group: 'Security',
    type: 'string',
    default: '',
    help: 'File of the tokens that requests need, and what each grants; see docs/security.md.',
  },
  {
    name: 'secure',
    group: 'Security',
    type: 'switch',
    default: 'false',
    help:
      'Listen on 127.0.0.1 unless an address is given, and on other addresses only with ' +
      'encryption and tokens.',
  },
] as const satisfies readonly Flag[];
