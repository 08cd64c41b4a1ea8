import { open } from 'node:fs/promises';

export interface Piece {
  readonly data: Uint8Array;
  /** Counted from 0. */
  readonly index: number;
  readonly last: boolean;
}

interface PieceOptions {
  /** Where the first piece begins. */
  readonly startByte: number;
  readonly pieceBytes: number;
}

/**
 * Reads a file in pieces of one size; only the last may be shorter, and an empty file is one empty
 * piece. Two pieces are in memory at a time.
 */
export async function* readPieces(path: string, options: PieceOptions): AsyncGenerator<Piece> {
  const { startByte, pieceBytes } = options;
  const file = await open(path);
  const readAt = async (position: number): Promise<Uint8Array> => {
    // A buffer of its own for each piece: the one before may still be on its way to the disk.
    const buffer = Buffer.allocUnsafeSlow(pieceBytes);
    let filled = 0;
    while (filled < pieceBytes) {
      const rest = { offset: filled, position: position + filled };
      const { bytesRead } = await file.read(buffer, rest);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  };
  try {
    let data = await readAt(startByte);
    for (let index = 0; ; index++) {
      const next = await readAt(startByte + (index + 1) * pieceBytes);
      const last = next.byteLength === 0;
      yield { data, index, last };
      if (last) return;
      data = next;
    }
  } finally {
    await file.close();
  }
}
