import type { Endpoint } from '../route.js';
import type { Operation } from './operation.js';
import { OPERATIONS } from './operations.js';

/** The verbs that each endpoint takes, in capitals. */
export const VERBS = mapEndpoints((operations) =>
  operations.map(({ method }) => method.toUpperCase()),
);

function mapEndpoints<T>(map: (operations: readonly Operation[]) => T): Record<Endpoint, T> {
  const entries = Object.entries(OPERATIONS).map(([endpoint, operations]) => [
    endpoint,
    map(operations),
  ]);
  return Object.fromEntries(entries);
}
