import { BlockAllocator } from './block-allocator.js';
import { createMappedFile, type MappedFile } from './mapped-file.js';

/** A range of addresses, of which only what is in use takes memory. */
const PROCESS_ARENA_BYTES = 8 * 1024 ** 3;

/** Memory of an arena. */
export interface Piece {
  readonly buffer: ArrayBuffer;
  /** In the arena's file, in bytes. */
  readonly position: number;
}

interface KnownPiece extends Piece {
  holds: number;
  /** Waits for the last hold to end. */
  whenFree: (() => void) | undefined;
}

/**
 * Memory that child processes map as well, given out in pieces: what is in a piece need not be
 * copied for them. A piece whose buffer nobody refers to any more is free again without a word.
 */
export class SharedArena {
  readonly fd: number;
  readonly sizeBytes: number;
  readonly #file: MappedFile;
  readonly #allocator: BlockAllocator;
  readonly #pieces = new WeakMap<ArrayBufferLike, KnownPiece>();
  readonly #collected: FinalizationRegistry<Omit<Piece, 'buffer'> & { readonly sizeBytes: number }>;

  constructor(file: MappedFile, sizeBytes: number) {
    this.fd = file.fd;
    this.sizeBytes = sizeBytes;
    this.#file = file;
    this.#allocator = new BlockAllocator(0, sizeBytes);
    this.#collected = new FinalizationRegistry(({ position, sizeBytes: bytes }) =>
      this.#recycle(position, bytes),
    );
  }

  /** A new piece with any contents; undefined when the arena is full. */
  allocate(sizeBytes: number): ArrayBuffer | undefined {
    const position = this.#allocator.allocate(sizeBytes);
    if (position === undefined) return undefined;
    const buffer = this.#file.view(position, sizeBytes);
    this.#pieces.set(buffer, { buffer, position, holds: 0, whenFree: undefined });
    this.#collected.register(buffer, { position, sizeBytes }, buffer);
    return buffer;
  }

  /** Gives the memory back to the system at once. Nobody may refer to the buffer. */
  free(buffer: ArrayBufferLike): void {
    const piece = this.#pieces.get(buffer);
    if (!piece) return;
    this.#pieces.delete(buffer);
    this.#collected.unregister(buffer);
    this.#recycle(piece.position, buffer.byteLength);
  }

  /** The piece that this is the buffer of, if any. */
  pieceOf(buffer: ArrayBufferLike): Piece | undefined {
    return this.#pieces.get(buffer);
  }

  /** A child process looks at the piece, which has to be referred to until `letGo`. */
  hold({ buffer }: Piece): void {
    const piece = this.#pieces.get(buffer);
    if (piece) piece.holds += 1;
  }

  letGo({ buffer }: Piece): void {
    const piece = this.#pieces.get(buffer);
    if (!piece) return;
    piece.holds -= 1;
    if (piece.holds > 0) return;
    const { whenFree } = piece;
    piece.whenFree = undefined;
    whenFree?.();
  }

  /** True when the piece is held; then `action` is called when it no longer is. */
  waitsForHolds(buffer: ArrayBufferLike, action: () => void): boolean {
    const piece = this.#pieces.get(buffer);
    if (!piece || piece.holds === 0) return false;
    piece.whenFree = action;
    return true;
  }

  #recycle(position: number, sizeBytes: number): void {
    this.#file.discard(position, sizeBytes);
    this.#allocator.free(position);
  }
}

let arena: SharedArena | undefined;
let opened = false;

/** The arena of this thread, if somebody has opened it. */
export function processArena(): SharedArena | undefined {
  return arena;
}

/** Opens it, for whoever has child processes. Undefined where so much memory cannot be mapped. */
export function openProcessArena(): SharedArena | undefined {
  if (opened) return arena;
  opened = true;
  const file = createMappedFile('nereid-bodies', PROCESS_ARENA_BYTES);
  if (file) arena = new SharedArena(file, PROCESS_ARENA_BYTES);
  return arena;
}
