import type { BatchTimes, ComputeDurations } from '@nereid/core';

/**
 * How long the phases of an execution took that has ended at `nowNs`. Phases that were not reached,
 * or that the backend did not tell, count as inference.
 */
export function computeDurations(times: BatchTimes, nowNs: number): ComputeDurations {
  if (times.durations) return times.durations;
  const inputEndNs = times.inputEndNs || times.startNs;
  const outputStartNs = times.outputStartNs || nowNs;
  return {
    inputNs: inputEndNs - times.startNs,
    inferNs: outputStartNs - inputEndNs,
    outputNs: nowNs - outputStartNs,
  };
}
