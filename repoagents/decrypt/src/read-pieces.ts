import { open } from 'node:fs/promises';

export interface Piece {
  /** Valid until the next piece is asked for. */
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
  const readInto = async (buffer: Buffer, position: number): Promise<Uint8Array> => {
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
    // Two in turn: whether a piece is the last shows only when the next one has been read.
    let [current, other] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)];
    let data = await readInto(current, startByte);
    for (let index = 0; ; index++) {
      const next = await readInto(other, startByte + (index + 1) * pieceBytes);
      const last = next.byteLength === 0;
      yield { data, index, last };
      if (last) return;
      data = next;
      [current, other] = [other, current];
    }
  } finally {
    await file.close();
  }
}
