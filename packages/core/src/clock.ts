/** The server's time. Logic never asks the system, so tests can turn the hands. */
export interface Clock {
  /** Monotonic nanoseconds, equal for all threads of the machine; only differences mean much. */
  nowNs(): number;
  /** Milliseconds since 1970. */
  wallTimeMs(): number;
  /** Calls `task` once after `delayUs` microseconds or a little more; returns what cancels it. */
  schedule(delayUs: number, task: () => void): () => void;
}

/** setTimeout turns a longer delay into an immediate call. */
const MAX_DELAY_MS = 0x7fff_ffff;

/** The clock of a running server. */
export const systemClock: Clock = {
  nowNs: () => Number(process.hrtime.bigint()),
  wallTimeMs: () => Date.now(),
  schedule(delayUs, task) {
    const timer = setTimeout(task, Math.min(delayUs / 1000, MAX_DELAY_MS));
    return () => clearTimeout(timer);
  },
};
