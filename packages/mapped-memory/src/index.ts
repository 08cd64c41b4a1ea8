export { BlockAllocator } from './block-allocator.js';
export { BodyMemory } from './body-memory.js';
export { createMappedFile, type MappedFile, mappingProblem } from './mapped-file.js';
export {
  openProcessArena,
  type Piece,
  processArena,
  SharedArena,
} from './shared-arena.js';
export { trimAllocator } from './trim-allocator.js';
