import { totalmem } from 'node:os';

/** The limit on memory of each front end that runs on threads. */
const MEMORY_SETTINGS = { http: 'max-bodies-size', grpc: 'max-messages-size' } as const;

/**
 * The settings of a front end on one of `threadCount` threads. What all requests together may take
 * of the memory is shared out, so that the limit holds for all threads together.
 */
export function settingsOnThread(
  name: keyof typeof MEMORY_SETTINGS,
  values: ReadonlyMap<string, string>,
  threadCount: number,
): ReadonlyMap<string, string> {
  const setting = MEMORY_SETTINGS[name];
  const limitBytes = Number(values.get(setting) ?? 0) || halfOfMemoryBytes();
  const sharedOut = Math.max(1, Math.floor(limitBytes / threadCount));
  return new Map([...values, [setting, String(sharedOut)]]);
}

function halfOfMemoryBytes(): number {
  // Undefined or 0 where the system sets no limit, or a number beyond what the machine has.
  const constrainedBytes = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.floor(Math.min(constrainedBytes, totalmem()) / 2);
}
