import type { InferenceRequest, ModelQueuePolicy } from '@nereid/core';
import { RequestList } from './queued-request.js';

/** What Triton does where the configuration sets no queue policy: no limits. */
export const UNLIMITED: ModelQueuePolicy = {
  timeoutAction: 'REJECT',
  defaultTimeoutMicroseconds: 0,
  allowTimeoutOverride: false,
  maxQueueSize: 0,
};

/** The requests of one priority level. Those that have waited too long under DELAY come last. */
export class QueueLevel {
  /** 1 is the highest; 0 when the model has no levels. */
  readonly priority: number;
  readonly policy: ModelQueuePolicy;
  readonly waiting = new RequestList();
  readonly delayed = new RequestList();

  constructor(priority: number, policy: ModelQueuePolicy) {
    this.priority = priority;
    this.policy = policy;
  }

  get size(): number {
    return this.waiting.size + this.delayed.size;
  }

  get isFull(): boolean {
    return this.policy.maxQueueSize > 0 && this.size >= this.policy.maxQueueSize;
  }
}

/**
 * How long a request may wait, in microseconds; 0 sets no limit. A request can only shorten the
 * time that the policy sets, so that without a default its timeout has no effect, as in Triton.
 */
export function timeoutUs(policy: ModelQueuePolicy, request: InferenceRequest): number {
  const defaultUs = policy.defaultTimeoutMicroseconds;
  if (!policy.allowTimeoutOverride || request.timeoutUs === 0) return defaultUs;
  return Math.min(request.timeoutUs, defaultUs);
}
