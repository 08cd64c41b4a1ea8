/** What processes use, as Linux tells in /proc. */

import { readdirSync, readFileSync } from 'node:fs';

/** The unit of /proc/PID/stat, which Linux fixes for programs. */
const TICKS_PER_SECOND = 100;
/** Where the fields of /proc/PID/stat are, from the third on. */
const STAT = { parent: 1, user: 11, system: 12, endedUser: 13, endedSystem: 14 };

/** CPU time used so far by a process and all its descendants that are alive, in microseconds. */
export function cpuUsOf(pid) {
  return usageOf(pid).reduce((sum, { cpuUs }) => sum + cpuUs, 0);
}

/**
 * Of a process and all its descendants that are alive: `{ pid, name, cpuUs }`. The
 * first is the process itself.
 */
export function usageOf(pid) {
  return descendants(pid).map((each) => {
    return { pid: each, name: read(each, 'comm').trim(), cpuUs: timeUs(each, 'user', 'system') };
  });
}

/** CPU time of all children of a process that have ended, with their own children. */
export function cpuUsOfEnded(pid) {
  return timeUs(pid, 'endedUser', 'endedSystem');
}

function timeUs(pid, ...names) {
  const stat = statOf(pid);
  const ticks = names.reduce((sum, name) => sum + Number(stat?.[STAT[name]] ?? 0), 0);
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Physical memory of a process and its descendants; what several share is divided among them. */
export function residentBytesOf(pid) {
  return descendants(pid).reduce((sum, each) => {
    const kibibytes = /^Pss: +(\d+)/m.exec(read(each, 'smaps_rollup'))?.[1];
    return sum + Number(kibibytes ?? 0) * 1024;
  }, 0);
}

function descendants(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(name)?.[STAT.parent]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const parent of found) found.push(...(children.get(parent) ?? []));
  return found;
}

/** The fields of /proc/PID/stat from the third on: the second may contain spaces. */
function statOf(pid) {
  const text = read(pid, 'stat');
  return text === '' ? undefined : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Empty for a process that has ended. */
function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
