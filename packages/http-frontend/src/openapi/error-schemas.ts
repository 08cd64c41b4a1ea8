/** Errors, and which of them have the status 500 although the server works as it should. */

import { type JsonSchema, objectOf, STRING, text } from './json-schema.js';

/**
 * How the messages begin to which Triton, and Nereid with it, gives the code INTERNAL and so the
 * status 500, though the request is at fault.
 */
const INTERNAL_MESSAGES = [
  'failed to parse the request JSON buffer: ',
  '.*attempt to (?:access|get members)',
  "Unable to parse 'data': ",
  'unexpected error on creating Triton parameter',
  "failed to load '",
  'shared memory size specified with the request for output ',
  'Unable to open shared memory region: ',
  'Invalid shared memory region: ',
] as const;

const REQUEST_ID = '(?:\\[request id: [^\\]]*\\] )?';

export const ERROR_SCHEMAS = {
  Error: objectOf({ error: STRING }),
  InternalError: objectOf(
    { error: { type: 'string', pattern: `^${REQUEST_ID}(?:${INTERNAL_MESSAGES.join('|')})` } },
    { description: 'A request at fault that has the status 500 as it has in Triton' },
  ),
  ModelError: objectOf(
    { error: text("The model's own message, or what is wrong with its answer") },
    { description: 'A model has failed' },
  ),
} as const satisfies Record<string, JsonSchema>;
