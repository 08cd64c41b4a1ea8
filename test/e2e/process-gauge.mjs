/** What the system knows about a process. */

import { readdirSync, readFileSync } from 'node:fs';

export const MEBIBYTE = 1024 * 1024;
/** Of the times in `/proc`, by the interface's definition on Linux. */
const CLOCK_TICKS_PER_SECOND = 100;

/** Physical memory that the process occupies. */
export function residentBytes(pid) {
  return statusNumber(pid, 'VmRSS') * 1024;
}

export function threadCount(pid) {
  return statusNumber(pid, 'Threads');
}

export function descriptorCount(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** CPU time of all threads since the process began. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command's name, in brackets, may hold spaces; user and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** The share of one core that the process uses during so many milliseconds. */
export async function cpuShare(pid, durationMs = 1000) {
  const [startSeconds, startMs] = [cpuSeconds(pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  return ((cpuSeconds(pid) - startSeconds) * 1000) / (performance.now() - startMs);
}

/** Resolves when `condition` is true, or false when it has not become so in time. */
export async function eventually(condition, limitMs) {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/** Looks at a process's memory until it is stopped. */
export class MemoryWatch {
  #pid;
  #startBytes;
  #timer;
  peakBytes = 0;

  constructor(pid) {
    this.#pid = pid;
    this.#startBytes = residentBytes(pid);
    this.#timer = setInterval(() => this.#look(), 50);
  }

  /** Stops, and returns by how much the memory had grown at most. */
  stop() {
    clearInterval(this.#timer);
    this.#look();
    return this.peakBytes - this.#startBytes;
  }

  #look() {
    this.peakBytes = Math.max(this.peakBytes, residentBytes(this.#pid));
  }
}

function statusNumber(pid, name) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
}
