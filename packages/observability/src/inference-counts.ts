/** Why a request failed, as the `reason` label names it. */
export const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/**
 * What a model version has done since it was loaded: plain numbers that a request only adds to.
 * Durations are sums in nanoseconds.
 */
export interface InferenceCounts {
  successCount: number;
  successNs: number;
  failNs: number;
  readonly failureCounts: Record<FailureReason, number>;
  /** Time that successful requests waited for an instance. */
  queueNs: number;
  /** Successful requests that were executed; the others were answered without. */
  computeCount: number;
  computeInputNs: number;
  computeInferNs: number;
  computeOutputNs: number;
  /** Batch elements of successful executions. */
  inferenceCount: number;
  executionCount: number;
  /** Requests that the response cache answered, and the time it took to look their answers up. */
  cacheHitCount: number;
  cacheHitNs: number;
  /** Requests whose answer it lacked, and the time it took to look for them and to store them. */
  cacheMissCount: number;
  cacheMissNs: number;
  /** Requests accepted that do not execute yet. */
  pendingCount: number;
  /** Undefined until the load that made the version has been timed. */
  loadNs: number | undefined;
}

export function zeroCounts(): InferenceCounts {
  return {
    successCount: 0,
    successNs: 0,
    failNs: 0,
    failureCounts: { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 },
    queueNs: 0,
    computeCount: 0,
    computeInputNs: 0,
    computeInferNs: 0,
    computeOutputNs: 0,
    inferenceCount: 0,
    executionCount: 0,
    cacheHitCount: 0,
    cacheHitNs: 0,
    cacheMissCount: 0,
    cacheMissNs: 0,
    pendingCount: 0,
    loadNs: undefined,
  };
}
