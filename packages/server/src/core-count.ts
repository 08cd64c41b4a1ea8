import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

interface CoreCountOptions {
  /** The root of the file system; `/` when absent. */
  readonly root?: string;
  /** Cores the process may be scheduled on; asked from the system when absent. */
  readonly schedulableCores?: number;
}

/**
 * The CPU cores the server may keep busy: those it can be scheduled on, or fewer where a Linux
 * control group limits its processor time, as containers do. At least 1.
 */
export async function coreCount(options: CoreCountOptions = {}): Promise<number> {
  const schedulable = options.schedulableCores ?? availableParallelism();
  const quota = await controlGroupCores(options.root ?? '/');
  return Math.max(1, Math.min(schedulable, Math.ceil(quota)));
}

/** Infinity without a limit. */
async function controlGroupCores(root: string): Promise<number> {
  const membership = await read(join(root, 'proc/self/cgroup'));
  const limits = await Promise.all([
    ...withAncestors(groupPath(membership, '')).map((path) =>
      unifiedLimit(join(root, 'sys/fs/cgroup', path)),
    ),
    ...withAncestors(groupPath(membership, 'cpu')).map((path) =>
      legacyLimit(join(root, 'sys/fs/cgroup/cpu', path)),
    ),
  ]);
  return Math.min(...limits);
}

/**
 * The group's path in the hierarchy of a controller (version 1), or in the only one (version 2,
 * whose line names no controller). `/` in a container that does not see its own place.
 */
function groupPath(membership: string, controller: string): string {
  for (const line of membership.split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (line !== '' && controllers.split(',').includes(controller)) return path;
  }
  return '/';
}

/** A limit of any group above binds, too. */
function withAncestors(path: string): string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...withAncestors(dirname(path))];
}

async function unifiedLimit(directory: string): Promise<number> {
  const [quota = '', period = ''] = (await read(join(directory, 'cpu.max'))).trim().split(' ');
  return coresOf(quota, period);
}

async function legacyLimit(directory: string): Promise<number> {
  const [quota, period] = await Promise.all([
    read(join(directory, 'cpu.cfs_quota_us')),
    read(join(directory, 'cpu.cfs_period_us')),
  ]);
  return coresOf(quota.trim(), period.trim());
}

/** A quota of `max` or -1 is no limit. */
function coresOf(quota: string, period: string): number {
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Infinity;
}

/** Empty where there is no such file: most of them exist only in some versions of the kernel. */
async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
