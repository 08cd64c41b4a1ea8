import { createRequire } from 'node:module';
import type { MappedFile } from './mapped-file.js';

interface Addon {
  readonly MappedFile: new (name: string, sizeBytes: number) => MappedFile;
  /** Absent in an addon that was compiled for an earlier version. */
  readonly trimAllocator?: () => boolean;
}

interface Loaded {
  readonly addon?: Addon;
  readonly problem?: string;
}

let loaded: Loaded | undefined;

/** Loads it once. Tells as a sentence why there is none. */
export function loadAddon(): Loaded {
  loaded ??= load();
  return loaded;
}

function load(): Loaded {
  if (process.platform !== 'linux') {
    return { problem: `memory is mapped on Linux only, and this is ${process.platform}` };
  }
  try {
    const addon: Addon = createRequire(import.meta.url)('./mapped-file.node');
    return { addon };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const text =
      `the addon of @nereid/mapped-memory for linux-${process.arch} cannot be loaded; install a ` +
      `C++ compiler and run \`npm rebuild @nereid/mapped-memory\`: ${reason}`;
    return { problem: text };
  }
}
