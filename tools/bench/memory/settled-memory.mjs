/** What this process occupies once its garbage has gone, and of what it consists. */

import { readdirSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { getHeapCodeStatistics } from 'node:v8';
import { trimAllocator } from '@nereid/mapped-memory';

export const MEBIBYTE = 1024 * 1024;
const KIBIBYTE = 1024;
const SETTLE_MS = 200;
const COLLECTIONS = 5;
/** Glibc's heaps of other threads begin at multiples of this. */
const ARENA_BYTES = 64 * MEBIBYTE;

/**
 * Memory in bytes when everything that can go has gone, as in a server that has been idle for some
 * time. `gc()` alone would leave the young generation at what the work of the last five seconds
 * made of it, from 1 to 32 MiB, so that the time a cycle takes decided what stays. Compiled code is
 * no part of the heap's figure: V8 makes it of what runs often, whether memory leaks or not, and
 * ever less.
 */
export async function settledMemory() {
  const session = new Session();
  session.connect();
  for (let count = 0; count < COLLECTIONS; count += 1) {
    await session.post('HeapProfiler.collectGarbage');
    await sleep(SETTLE_MS);
  }
  session.disconnect();
  trimAllocator();
  const { rss, heapUsed, external } = process.memoryUsage();
  const codeBytes = compiledBytes();
  return {
    residentBytes: rss,
    heapBytes: heapUsed + external - codeBytes,
    codeBytes,
    partsBytes: partsOf(rss),
  };
}

function compiledBytes() {
  const { code_and_metadata_size, bytecode_and_metadata_size } = getHeapCodeStatistics();
  return code_and_metadata_size + bytecode_and_metadata_size;
}

/** Where the physical memory is. The rest is V8's heaps, stacks and large allocations. */
function partsOf(residentBytes) {
  const mapped = { files: 0, malloc: 0 };
  for (const { kind, bytes } of mappings()) {
    if (kind in mapped) mapped[kind] += bytes;
  }
  return { ...mapped, rest: residentBytes - mapped.files - mapped.malloc };
}

function mappings() {
  const found = [];
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    const [, start, end, name] = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)/.exec(line) ?? [];
    const [, kibibytes] = /^Rss: +(\d+)/.exec(line) ?? [];
    if (start) found.push({ kind: kindOf(parseInt(start, 16), parseInt(end, 16), name), bytes: 0 });
    if (kibibytes) found.at(-1).bytes = Number(kibibytes) * KIBIBYTE;
  }
  return found;
}

function kindOf(start, end, name) {
  if (name === '[heap]') return 'malloc';
  if (name.startsWith('/')) return 'files';
  const isArena = name === '' && start % ARENA_BYTES === 0 && end - start <= ARENA_BYTES;
  return isArena ? 'malloc' : 'other';
}

/** What an unload must close: descriptors, threads and processes, also those that are dead. */
export function openResources() {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    processes: descendantsOf(process.pid).length,
    sharedFiles: readdirSync('/dev/shm').length,
  };
}

function descendantsOf(pid) {
  const children = parents().filter(([, parent]) => parent === pid);
  return children.flatMap(([child]) => [child, ...descendantsOf(child)]);
}

/** Of each process of the system its number and that of its parent. */
function parents() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const stat = readStat(pid);
    // The command's name, in brackets, may hold spaces; the parent is the second field after it.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return parent === undefined ? [] : [[Number(pid), Number(parent)]];
  });
}

function readStat(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // It has ended in between.
    return undefined;
  }
}
