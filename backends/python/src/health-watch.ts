import type { Clock } from '@nereid/core';
import type { ModelSettings } from './model-settings.js';
import type { ProcessVitals } from './process-vitals.js';
import type { StubConnection } from './stub-connection.js';
import { SHARED_WORD } from './wire-format.js';

type HealthLimits = Pick<
  ModelSettings,
  'healthIntervalSeconds' | 'memoryLimitBytes' | 'executionTimeoutSeconds'
>;

export interface WatchedStub {
  readonly stub: Pick<StubConnection, 'pid' | 'file' | 'error' | 'kill'>;
  /** When the execution that goes on began, in nanoseconds of the clock; undefined for none. */
  executingSinceNs(): number | undefined;
}

/** Where the watch looks. */
export interface HealthSources {
  readonly clock: Clock;
  readonly readVitals: (pid: number) => Promise<ProcessVitals | undefined>;
}

const CHECKS_PER_INTERVAL = 4;
const MAX_CHECK_SECONDS = 5;
const MAX_LIMIT_CHECK_SECONDS = 1;
const NS_PER_SECOND = 1e9;

/**
 * Ends a process whose interpreter does not let other threads run for an interval, which takes more
 * memory than it may, or whose model executes for longer than it may, each as far as a limit is
 * set. A process that somebody has stopped is left alone: it may be let go on. Returns what ends
 * the watch.
 */
export function watchHealth(
  watched: WatchedStub,
  limits: HealthLimits,
  { clock, readVitals }: HealthSources,
): () => void {
  const periodSeconds = checkPeriodSeconds(limits);
  if (periodSeconds === undefined) return () => {};
  const { stub } = watched;
  const beats: Beats = { count: -1, sinceNs: clock.nowNs() };
  let cancel = () => {};
  let ended = false;
  const check = async () => {
    const vitals = stub.pid === undefined ? undefined : await readVitals(stub.pid);
    if (ended || stub.error) return;
    const reason = vitals?.stopped
      ? resetBeats(beats, clock)
      : findFault(watched, { limits, vitals, beats, nowNs: clock.nowNs() });
    if (reason === undefined) schedule();
    else stub.kill(reason);
  };
  const schedule = () => {
    cancel = clock.schedule(periodSeconds * 1e6, () => void check());
  };
  schedule();
  return () => {
    ended = true;
    cancel();
  };
}

/** How far the stub had counted, and since when. */
interface Beats {
  count: number;
  sinceNs: number;
}

interface Findings {
  readonly limits: HealthLimits;
  readonly vitals: ProcessVitals | undefined;
  readonly beats: Beats;
  readonly nowNs: number;
}

function findFault(watched: WatchedStub, findings: Findings): string | undefined {
  const { limits, vitals, beats, nowNs } = findings;
  const { healthIntervalSeconds, memoryLimitBytes, executionTimeoutSeconds } = limits;
  const count = watched.stub.file.readCounter(SHARED_WORD.heartbeat);
  if (count !== beats.count) Object.assign(beats, { count, sinceNs: nowNs });
  const silentSeconds = (nowNs - beats.sinceNs) / NS_PER_SECOND;
  if (healthIntervalSeconds > 0 && silentSeconds > healthIntervalSeconds) {
    return `was ended, as its interpreter has not answered for ${healthIntervalSeconds} seconds`;
  }
  const sinceNs = watched.executingSinceNs() ?? nowNs;
  const executingSeconds = (nowNs - sinceNs) / NS_PER_SECOND;
  if (executionTimeoutSeconds > 0 && executingSeconds > executionTimeoutSeconds) {
    return `was ended, as it has executed for more than ${executionTimeoutSeconds} seconds`;
  }
  const residentBytes = vitals?.residentBytes ?? 0;
  if (memoryLimitBytes > 0 && residentBytes > memoryLimitBytes) {
    return (
      `was ended, as it takes ${residentBytes} bytes of memory, and its limit is ` +
      `${memoryLimitBytes}`
    );
  }
  return undefined;
}

function resetBeats(beats: Beats, clock: Clock): undefined {
  beats.sinceNs = clock.nowNs();
}

/** Undefined when there is nothing to check. */
function checkPeriodSeconds(limits: HealthLimits): number | undefined {
  const { healthIntervalSeconds, memoryLimitBytes, executionTimeoutSeconds } = limits;
  const periods = [
    healthIntervalSeconds > 0 ? healthIntervalSeconds / CHECKS_PER_INTERVAL : undefined,
    memoryLimitBytes > 0 ? MAX_LIMIT_CHECK_SECONDS : undefined,
    executionTimeoutSeconds > 0
      ? Math.min(executionTimeoutSeconds / CHECKS_PER_INTERVAL, MAX_LIMIT_CHECK_SECONDS)
      : undefined,
  ].filter((period) => period !== undefined);
  return periods.length === 0 ? undefined : Math.min(...periods, MAX_CHECK_SECONDS);
}
