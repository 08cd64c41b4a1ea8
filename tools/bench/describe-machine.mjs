/** A line about the machine and the time, for whoever reads figures later. */

import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export function describeMachine() {
  const memoryGb = (totalmem() / 1e9).toFixed(0);
  const [load = 0] = loadavg();
  return (
    `${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${memoryGb} GB, ` +
    `Node.js ${process.versions.node}, ${new Date().toISOString().slice(0, 16)}Z, ` +
    `load ${load.toFixed(1)} before the run`
  );
}
