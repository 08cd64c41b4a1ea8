import { randomUUID } from 'node:crypto';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const FILE = 'owner.json';

/** How often the owner of a folder shows that it lives, for those who cannot see its process. */
export const HEARTBEAT_MS = 60_000;
const SILENCE_LIMIT_MS = 10 * HEARTBEAT_MS;

/** Tells this process from an earlier one with the same id, as is usual in containers. */
const PROCESS_TOKEN = randomUUID();

interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  /** When the process started, as the system counts it; empty where it cannot be told. */
  readonly startTime: string;
  readonly token: string;
}

/** `resumable`: what it was writing is intact, for the machine has not been restarted since. */
export type OwnerState = 'alive' | 'dead' | 'dead-resumable';

/** Marks a folder as used by this process. */
export async function claimFolder(folder: string): Promise<void> {
  const owner: Owner = {
    host: hostname(),
    boot: await bootId(),
    pid: process.pid,
    startTime: await startTime(process.pid),
    token: PROCESS_TOKEN,
  };
  await writeFile(join(folder, FILE), JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
}

export async function showLife(folder: string, nowMs: number): Promise<void> {
  await utimes(join(folder, FILE), nowMs / 1000, nowMs / 1000);
}

/** What became of the process that claimed a folder. */
export async function ownerState(folder: string, nowMs: number): Promise<OwnerState> {
  const file = join(folder, FILE);
  const info = (await stat(file).catch(() => undefined)) ?? (await stat(folder));
  const silent = nowMs - info.mtimeMs > SILENCE_LIMIT_MS;
  const owner = await readOwner(file);
  // A folder without its file may be just being made.
  if (!owner || owner.host !== hostname()) return silent ? 'dead' : 'alive';
  if (owner.boot !== (await bootId())) return 'dead';
  if (owner.pid === process.pid) return owner.token === PROCESS_TOKEN ? 'alive' : 'dead-resumable';
  return (await isRunning(owner)) ? 'alive' : 'dead-resumable';
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    const owner: Partial<Owner> = JSON.parse(await readFile(file, 'utf8'));
    const { host, boot, pid, startTime: started, token } = owner;
    if (typeof host !== 'string' || typeof boot !== 'string' || typeof pid !== 'number') return;
    return { host, boot, pid, startTime: started ?? '', token: token ?? '' };
  } catch {
    return undefined;
  }
}

async function isRunning({ pid, startTime: started }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // The id may have gone to another process since.
  return (await startTime(pid)) === started;
}

async function startTime(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the program's name in parentheses, which may have spaces in it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function bootId(): Promise<string> {
  const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return text.trim();
}
