import type { PendingRequest } from '@nereid/core';

/** The request that is next in a slot. */
export interface SlotHead extends PendingRequest {
  readonly queuedNs: number;
}

export interface SlotRules {
  /** The part of all slots, from 0 to 1, that is worth a batch without waiting for more. */
  readonly minimumUtilization: number;
  /** How long a request may wait for others; 0 for not at all. */
  readonly maxDelayNs: number;
  /** Whether two requests may be in one batch; undefined when any two may. */
  readonly canShare: ((first: PendingRequest, next: PendingRequest) => boolean) | undefined;
}

export interface SlotDecision {
  /**
   * The batch, a member for each slot up to the last that has a request: whether its request runs,
   * or its place is filled. Empty to wait.
   */
  readonly runs: readonly boolean[];
  /** When waiting: look again at this time. Undefined when there is nothing to wait for. */
  readonly untilNs: number | undefined;
}

const NOTHING: SlotDecision = { runs: [], untilNs: undefined };

/**
 * Decides which slots of a free instance make up its next batch under the direct strategy (spec
 * §4.3). `heads` has a member for each slot. The request that has waited longest decides which
 * others may join, so that each gets its turn.
 */
export function chooseSlots(
  heads: readonly (SlotHead | undefined)[],
  rules: SlotRules,
  nowNs: number,
): SlotDecision {
  let readyCount = 0;
  let oldest: SlotHead | undefined;
  for (const head of heads) {
    if (!head) continue;
    readyCount += 1;
    if (!oldest || head.queuedNs < oldest.queuedNs) oldest = head;
  }
  if (!oldest) return NOTHING;
  const { minimumUtilization, maxDelayNs } = rules;
  const untilNs = oldest.queuedNs + maxDelayNs;
  const mayWait = maxDelayNs > 0 && minimumUtilization > 0 && nowNs < untilNs;
  if (mayWait && readyCount / heads.length < minimumUtilization) return { runs: [], untilNs };
  return { runs: runsWith(oldest, heads, rules), untilNs: undefined };
}

function runsWith(
  oldest: SlotHead,
  heads: readonly (SlotHead | undefined)[],
  { canShare }: SlotRules,
): readonly boolean[] {
  const runs: boolean[] = [];
  let length = 0;
  for (const head of heads) {
    const joins = head !== undefined && (!canShare || canShare(oldest, head));
    runs.push(joins);
    if (joins) length = runs.length;
  }
  runs.length = length;
  return runs;
}
