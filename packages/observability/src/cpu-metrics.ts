import { readFile } from 'node:fs/promises';
import type { Clock, GaugeFamily, MetricRegistry } from '@nereid/core';
import { type CpuTicks, cpuUtilization, parseProcMeminfo, parseProcStat } from './proc-files.js';

export interface CpuMetricsOptions {
  readonly registry: MetricRegistry;
  readonly clock: Clock;
  /** Time between two readings. */
  readonly intervalMs: number;
  /** Where the kernel's files are; `/proc` when absent. */
  readonly procDirectory?: string;
}

interface Gauges {
  readonly utilization: GaugeFamily;
  readonly memoryTotal: GaugeFamily;
  readonly memoryUsed: GaugeFamily;
}

/**
 * `nv_cpu_*`: how busy the whole machine is, not the server's control group, as Triton has it.
 * Without the kernel's files, which only Linux has, there are no such metrics.
 */
export class CpuMetrics {
  readonly #options: CpuMetricsOptions;
  #gauges: Gauges | undefined;
  #ticks: CpuTicks | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(options: CpuMetricsOptions) {
    this.#options = options;
  }

  /** Takes the first reading; the others follow by themselves. */
  async start(): Promise<void> {
    const { clock, intervalMs } = this.#options;
    if (!(await this.#read()) || this.#stopped) return;
    this.#cancel = clock.schedule(intervalMs * 1000, () => {
      // Never rejects: an unreadable file just ends the readings.
      void this.start();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #read(): Promise<boolean> {
    const [stat, meminfo] = await Promise.all([this.#file('stat'), this.#file('meminfo')]);
    const ticks = parseProcStat(stat);
    const memory = parseProcMeminfo(meminfo);
    if (!ticks || !memory) return false;
    this.#gauges ??= makeGauges(this.#options.registry);
    this.#gauges.memoryTotal.set({}, memory.totalBytes);
    this.#gauges.memoryUsed.set({}, memory.usedBytes);
    this.#gauges.utilization.set({}, this.#ticks ? cpuUtilization(this.#ticks, ticks) : 0);
    this.#ticks = ticks;
    return true;
  }

  async #file(name: string): Promise<string> {
    try {
      return await readFile(`${this.#options.procDirectory ?? '/proc'}/${name}`, 'utf8');
    } catch {
      return '';
    }
  }
}

function makeGauges(registry: MetricRegistry): Gauges {
  return {
    utilization: registry.gauge({
      name: 'nv_cpu_utilization',
      description: 'Share of processor time in use, from 0 to 1',
    }),
    memoryTotal: registry.gauge({
      name: 'nv_cpu_memory_total_bytes',
      description: 'Size of the main memory, in bytes',
    }),
    memoryUsed: registry.gauge({
      name: 'nv_cpu_memory_used_bytes',
      description: 'Main memory in use, in bytes',
    }),
  };
}
