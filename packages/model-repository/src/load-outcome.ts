import { InferError } from '@nereid/core';

/**
 * Where a load failed decides code and text (spec §1.8): before anything was loaded (`poll`), while
 * loading (`load`), or because the repository no longer takes orders (`refused`).
 */
export interface LoadFailure {
  readonly kind: 'failed';
  readonly phase: 'poll' | 'load' | 'refused';
  readonly reason: string;
}

export type LoadOutcome =
  | { readonly kind: 'loaded' }
  /** The model serves this very content already. */
  | { readonly kind: 'unchanged' }
  | LoadFailure;

export function failure(phase: LoadFailure['phase'], reason: string): LoadFailure {
  return { kind: 'failed', phase, reason };
}

/** The answer to the client that asked for the load. */
export function loadError(modelName: string, failed: LoadFailure): InferError {
  switch (failed.phase) {
    case 'poll':
      // Triton's answer ends before the colon and leaves the reason to its log.
      return new InferError(
        'INTERNAL',
        `failed to load '${modelName}', failed to poll from model repository: ${failed.reason}`,
      );
    case 'load':
      return new InferError(
        'INVALID_ARG',
        `load failed for model '${modelName}': ${failed.reason}\n`,
      );
    case 'refused':
      return new InferError('UNAVAILABLE', `failed to load '${modelName}': ${failed.reason}`);
  }
}
