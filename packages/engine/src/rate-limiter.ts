import type { RateLimiterConfig } from '@nereid/core';
import { chooseTurns } from './choose-turns.js';
import {
  type RateLimitResource,
  type ResourceNeed,
  resourceLimits,
  resourceNeeds,
} from './resource-limits.js';

/** What an instance says of itself as it joins. */
interface LimitedPlan {
  readonly placement: { readonly deviceId: number };
  readonly rateLimiter: RateLimiterConfig | undefined;
}

/** The turns of one instance under a rate limiter. */
export interface InstanceTurns {
  /** Executions so far, times the instance's priority: the lowest goes first. */
  readonly scaledCount: number;
  /**
   * Calls `begin` once the instance may execute, at once if it may now. Asked for again only after
   * it was called.
   */
  begin(begin: () => void): void;
  /** Called once after each `begin` that was answered: the execution is over. */
  end(): void;
}

/**
 * Lets instances of all models execute only while they have the resources that their
 * configurations name: `--rate-limit=execution_count`.
 */
export class RateLimiter {
  readonly #given: readonly RateLimitResource[];
  readonly #members = new Set<Member>();
  readonly #taken = new Map<string, number>();
  #limits: ReadonlyMap<string, number> = new Map();
  /** In the order of arrival. */
  #waiting: Member[] = [];

  /** `given` are the resources the server has; none: as many as the loaded models need. */
  constructor(given: readonly RateLimitResource[]) {
    this.#given = given;
  }

  /** Throws an INVALID_ARG InferError, and takes none in, when one could never execute. */
  register(plans: readonly LimitedPlan[]): readonly InstanceTurns[] {
    const members = plans.map(({ placement, rateLimiter }) =>
      this.#newMember(placement, rateLimiter),
    );
    this.#limits = resourceLimits(needsOf([...this.#members, ...members]), this.#given);
    for (const member of members) this.#members.add(member);
    this.#advance();
    return members;
  }

  /** Called when the instances have executed for the last time. */
  unregister(turns: readonly InstanceTurns[]): void {
    for (const member of this.#members) if (turns.includes(member)) this.#members.delete(member);
    this.#limits = resourceLimits(needsOf([...this.#members]), this.#given);
  }

  /**
   * A newcomer starts level with the one furthest behind: starting from nothing, it would keep all
   * others waiting until it has executed as often as they have in all their lives.
   */
  #newMember(
    { deviceId }: LimitedPlan['placement'],
    rateLimiter: RateLimiterConfig | undefined,
  ): Member {
    const counts = [...this.#members].map(({ scaledCount }) => scaledCount);
    return new Member({
      needs: resourceNeeds(rateLimiter, deviceId),
      // Triton takes 0 for 1, too.
      priority: Math.max(1, rateLimiter?.priority ?? 0),
      scaledCount: counts.length === 0 ? 0 : Math.min(...counts),
      wait: (member) => this.#wait(member),
      release: (member) => this.#release(member),
    });
  }

  #wait(member: Member): void {
    this.#waiting.push(member);
    this.#advance();
  }

  #release({ needs }: Member): void {
    for (const { key, count } of needs) this.#take(key, -count);
    this.#advance();
  }

  #advance(): void {
    const chosen = chooseTurns(
      this.#waiting,
      (key) => (this.#limits.get(key) ?? 0) - (this.#taken.get(key) ?? 0),
    );
    if (chosen.length === 0) return;
    this.#waiting = this.#waiting.filter((member) => !chosen.includes(member));
    for (const { needs } of chosen) for (const { key, count } of needs) this.#take(key, count);
    // Last, because whoever begins may bring the next batch of another instance at once.
    for (const member of chosen) member.start();
  }

  #take(key: string, count: number): void {
    const taken = (this.#taken.get(key) ?? 0) + count;
    if (taken === 0) this.#taken.delete(key);
    else this.#taken.set(key, taken);
  }
}

function needsOf(members: readonly Member[]): readonly (readonly ResourceNeed[])[] {
  return members.map(({ needs }) => needs);
}

interface MemberOptions {
  readonly needs: readonly ResourceNeed[];
  readonly priority: number;
  readonly scaledCount: number;
  wait(member: Member): void;
  release(member: Member): void;
}

class Member implements InstanceTurns {
  readonly needs: readonly ResourceNeed[];
  readonly #options: MemberOptions;
  #scaledCount: number;
  #begin: (() => void) | undefined;

  constructor(options: MemberOptions) {
    this.needs = options.needs;
    this.#options = options;
    this.#scaledCount = options.scaledCount;
  }

  get scaledCount(): number {
    return this.#scaledCount;
  }

  begin(begin: () => void): void {
    this.#begin = begin;
    this.#options.wait(this);
  }

  end(): void {
    this.#options.release(this);
  }

  start(): void {
    this.#scaledCount += this.#options.priority;
    const begin = this.#begin;
    this.#begin = undefined;
    begin?.();
  }
}
