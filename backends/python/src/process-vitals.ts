import { readFile } from 'node:fs/promises';

/** The unit of /proc/PID/stat, which Linux fixes for programs. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
/** Fields of /proc/PID/stat, counted from the one after the name. */
const FIELD = { state: 0, userTicks: 11, systemTicks: 12, residentPages: 21 } as const;

/** What the system tells of a process. */
export interface ProcessVitals {
  /** Somebody has stopped it, and may let it go on. */
  readonly stopped: boolean;
  readonly cpuMs: number;
  readonly residentBytes: number;
}

/** Undefined where the system has no /proc, and for a process that is gone. */
export async function readProcessVitals(pid: number): Promise<ProcessVitals | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may itself have spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: number) => Number(fields[field] ?? 0);
  const state = fields[FIELD.state];
  return {
    stopped: state === 'T' || state === 't',
    cpuMs: ((number(FIELD.userTicks) + number(FIELD.systemTicks)) * 1000) / TICKS_PER_SECOND,
    residentBytes: number(FIELD.residentPages) * PAGE_BYTES,
  };
}
