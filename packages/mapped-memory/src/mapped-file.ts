import { loadAddon } from './addon.js';

/**
 * A memory file without a name, mapped into this process. Its size is sealed, so that nobody who
 * has the descriptor can pull memory away from under this process. Pages come into being as they
 * are touched: a large size costs nothing. Positions and sizes are in bytes; a range that reaches
 * beyond the file, and any call after `close`, throws.
 */
export interface MappedFile {
  /** For child processes to map; -1 after `close`. */
  readonly fd: number;
  write(data: Uint8Array, position: number): void;
  /** Fills `data`. */
  read(data: Uint8Array, position: number): void;
  /**
   * The memory itself, of which there may be several views. It cannot be transferred to another
   * thread. It stays valid after `close`.
   */
  view(position: number, sizeBytes: number): ArrayBuffer;
  /** Gives the whole pages of a range back to the system: they read as zeros from then on. */
  discard(position: number, sizeBytes: number): void;
  close(): void;
}

/**
 * A file of that size, a safe positive integer. Undefined where none can be mapped, for which
 * `mappingProblem` has the reason, or where descriptors or address space do not suffice for it.
 */
export function createMappedFile(name: string, sizeBytes: number): MappedFile | undefined {
  const { addon } = loadAddon();
  try {
    return addon && new addon.MappedFile(name, sizeBytes);
  } catch {
    // What is mapped is a way to save copies: whoever asks has another way, and its errors.
    return undefined;
  }
}

/** Why memory cannot be mapped here, as a sentence with what to do; undefined where it can. */
export function mappingProblem(): string | undefined {
  return loadAddon().problem;
}
