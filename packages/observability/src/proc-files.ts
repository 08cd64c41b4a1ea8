/** The two files of Linux that say how busy the machine is. */

/** Processor time since the machine started, in ticks, over all cores. */
export interface CpuTicks {
  readonly total: number;
  readonly idle: number;
}

interface MemoryBytes {
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/**
 * Columns of the `cpu` line: user nice system idle iowait irq softirq steal; guest time is within
 * user.
 */
const COLUMN_COUNT = 8;
const IDLE = 3;
const IO_WAIT = 4;

/** Reads the text of /proc/stat; undefined when it is not as expected. */
export function parseProcStat(text: string): CpuTicks | undefined {
  const columns = /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').slice(0, COLUMN_COUNT).map(Number);
  const idle = columns?.[IDLE];
  if (!columns || idle === undefined || columns.some(Number.isNaN)) return undefined;
  const total = columns.reduce((sum, ticks) => sum + ticks, 0);
  return { total, idle: idle + (columns[IO_WAIT] ?? 0) };
}

/** Reads the text of /proc/meminfo; undefined when it is not as expected. */
export function parseProcMeminfo(text: string): MemoryBytes | undefined {
  const total = memoryField(text, 'MemTotal');
  const available = memoryField(text, 'MemAvailable');
  if (total === undefined || available === undefined) return undefined;
  return { totalBytes: total, usedBytes: total - available };
}

function memoryField(text: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}: *(\\d+) kB$`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** The share of processor time between two readings that was not idle, 0 to 1. */
export function cpuUtilization(before: CpuTicks, after: CpuTicks): number {
  const total = after.total - before.total;
  if (total <= 0) return 0;
  return Math.min(Math.max(1 - (after.idle - before.idle) / total, 0), 1);
}
