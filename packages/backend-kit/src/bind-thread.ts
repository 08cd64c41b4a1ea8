import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { InferError } from '@nereid/core';

/**
 * Binds the calling thread, and all threads it starts from now on, to processor cores. Node.js has
 * no call for it, so that the system's `taskset` does it; a thread knows its number from `/proc`.
 * Blocks, so it must not be called by the main thread. Throws an InferError when it cannot be done.
 */
export function bindThread(cpuCores: readonly number[]): void {
  const cores = cpuCores.join(',');
  let reason: string;
  try {
    const [thread = ''] = readlinkSync('/proc/thread-self').split('/').slice(-1);
    const { status, stderr, error } = spawnSync('taskset', ['-c', '-p', cores, thread]);
    if (status === 0) return;
    reason = error ? 'the program taskset (of util-linux) is missing' : String(stderr).trim();
  } catch {
    reason = 'this system tells no thread numbers';
  }
  throw new InferError(
    'UNSUPPORTED',
    `the host policy asks for CPU cores ${cores}, to which the instance cannot be bound: ${reason}`,
  );
}
