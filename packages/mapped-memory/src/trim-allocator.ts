import { loadAddon } from './addon.js';

/**
 * Gives memory that was freed, and that the allocator of C and C++ code keeps for later, back to
 * the system: that of all threads, in about a millisecond. False where this cannot be done, which
 * is everywhere but on Linux with glibc.
 */
export function trimAllocator(): boolean {
  return loadAddon().addon?.trimAllocator?.() ?? false;
}
