/** How much of the machine other processes take, which a measurement on a shared machine should know. */

import { cpus } from 'node:os';
import { cpuUsOf, cpuUsOfEnded } from './process-usage.mjs';

/** Runs `task`, and resolves with its result and the share of all cores that others took meanwhile. */
export async function withOtherLoad(task) {
  const before = snapshot();
  const result = await task();
  const after = snapshot();
  const busyUs = after.busyUs - before.busyUs;
  const ownUs = Math.min(busyUs, after.ownUs - before.ownUs);
  return { result, otherLoad: (busyUs - ownUs) / Math.max(1, after.totalUs - before.totalUs) };
}

/** Time of all cores since they were started, and of this process and its children. */
function snapshot() {
  let [busyUs, totalUs] = [0, 0];
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    totalUs += all * 1000;
    busyUs += (all - times.idle) * 1000;
  }
  return { busyUs, totalUs, ownUs: cpuUsOf(process.pid) + cpuUsOfEnded(process.pid) };
}
