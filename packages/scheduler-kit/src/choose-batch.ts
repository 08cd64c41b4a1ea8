import type { PendingRequest } from '@nereid/core';

export interface BatchRules {
  /** At least 1. A single request may exceed it: requests are never split. */
  readonly maxBatchSize: number;
  /** Ascending. */
  readonly preferredSizes: readonly number[];
  /** How long a batch that is not of a preferred size may wait to grow; 0 for not at all. */
  readonly maxDelayNs: number;
  /** Whether a request may join a batch, judged by its first request; undefined when any may. */
  readonly canShare: ((first: PendingRequest, next: PendingRequest) => boolean) | undefined;
}

/** A request that may become part of the batch. */
export interface BatchCandidate {
  readonly pending: PendingRequest;
  /** What it adds to the batch size, at least 1. */
  readonly weight: number;
  readonly enqueuedNs: number;
}

export interface BatchDecision {
  /** Run the first so many candidates now; 0 to wait. */
  readonly count: number;
  /** The batch would be the same later, whatever else comes. */
  readonly settled: boolean;
  /** When waiting: look again at this time, */
  readonly untilNs: number;
  /** or as soon as so much is queued. */
  readonly wakeWeight: number;
}

/**
 * Decides which of the waiting requests, given in their order, form the next batch, by the rules of
 * Triton's dynamic batcher (spec §4.2). An instance is free, and there is at least one candidate.
 */
export function chooseBatch(
  candidates: readonly BatchCandidate[],
  rules: BatchRules,
  nowNs: number,
): BatchDecision {
  const { count, weight, preferredCount, complete, oldestNs } = fillBatch(candidates, rules);
  const waitedNs = nowNs - oldestNs;
  const waitedEnough = waitedNs >= rules.maxDelayNs;
  // A batch that has waited its full time goes out whole, not cut down to a preferred size.
  const overdue = rules.maxDelayNs > 0 && waitedEnough;
  const full = complete || weight >= fullWeight(rules);
  if (preferredCount > 0 && !overdue) {
    // With a delay, the rest that is cut off here would go along later.
    return run(preferredCount, full && (rules.maxDelayNs === 0 || preferredCount === count));
  }
  if (complete || waitedEnough || weight >= largest(rules.preferredSizes)) return run(count, full);
  return {
    count: 0,
    settled: false,
    untilNs: oldestNs + rules.maxDelayNs,
    wakeWeight: rules.preferredSizes.find((size) => size > weight) ?? rules.maxBatchSize,
  };
}

/** So much has to wait for a batch that does not grow any more, if its requests can share one. */
export function fullWeight({ maxBatchSize, maxDelayNs, preferredSizes }: BatchRules): number {
  return maxDelayNs === 0 && preferredSizes.length > 0 ? largest(preferredSizes) : maxBatchSize;
}

interface Filling {
  /** The candidates that fit, */
  count: number;
  /** and their summed batch size. */
  weight: number;
  /** The candidates up to the best preferred size on the way; 0 if none was met. */
  preferredCount: number;
  /** The next candidate exists and cannot join. */
  complete: boolean;
  oldestNs: number;
}

function fillBatch(candidates: readonly BatchCandidate[], rules: BatchRules): Filling {
  const largestPreferred = largest(rules.preferredSizes);
  const filling = {
    count: 0,
    weight: 0,
    preferredCount: 0,
    complete: false,
    oldestNs: Number.POSITIVE_INFINITY,
  };
  for (const candidate of candidates) {
    const weight = filling.weight + candidate.weight;
    if (filling.count > 0) {
      if (weight > largestPreferred && filling.preferredCount === 0) {
        filling.preferredCount = filling.count;
      }
      if (weight > rules.maxBatchSize || !mayJoin(candidates, candidate, rules)) {
        filling.complete = true;
        break;
      }
    }
    filling.count += 1;
    filling.weight = weight;
    filling.oldestNs = Math.min(filling.oldestNs, candidate.enqueuedNs);
    if (rules.preferredSizes.includes(weight)) filling.preferredCount = filling.count;
  }
  return filling;
}

function mayJoin(
  candidates: readonly BatchCandidate[],
  candidate: BatchCandidate,
  { canShare }: BatchRules,
): boolean {
  const first = candidates[0];
  return !canShare || !first || canShare(first.pending, candidate.pending);
}

function largest(ascending: readonly number[]): number {
  return ascending.at(-1) ?? 0;
}

function run(count: number, settled: boolean): BatchDecision {
  return { count, settled, untilNs: 0, wakeWeight: 0 };
}
