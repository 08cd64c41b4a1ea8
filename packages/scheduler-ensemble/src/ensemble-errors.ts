/** Errors with Triton's texts (spec §3.5, §4.4). */

import { InferError, type InferenceRequest } from '@nereid/core';

/** The failure of a step as the client of the ensemble sees it. */
export function inEnsemble(ensemble: string, error: InferError): InferError {
  const message = `in ensemble '${ensemble}', ${error.message}`;
  return new InferError(error.code, message, { cause: error });
}

/** Steps have ended without what is needed for the next one or for an output. */
export function deadlockError(request: InferenceRequest): InferError {
  return new InferError(
    'INVALID_ARG',
    `${prefix(request)}unexpected deadlock, at least one output is not set while no more ` +
      'ensemble steps can be made',
  );
}

/** A fault of the configuration, found at load. */
export function compositionError(ensemble: string, fault: string): InferError {
  return new InferError('INVALID_ARG', `in ensemble ${ensemble}, ${fault}`);
}

function prefix({ id }: InferenceRequest): string {
  return `[request id: ${id === '' ? '<id_unknown>' : id}] `;
}
