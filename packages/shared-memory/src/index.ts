export { SystemSharedMemory, type SystemSharedMemoryOptions } from './system-shared-memory.js';
