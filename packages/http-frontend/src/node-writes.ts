/** What whole and streamed answers have in common when they are written to a socket of Node. */

import type { Socket } from 'node:net';
import type { BodyChunk } from './http-exchange.js';

/** Smaller answers are joined before they are written: one write costs more than such a copy. */
const MAX_JOINED_BYTES = 64 * 1024;

/** A client must take something of its answer each so many milliseconds. */
const WRITE_TIMEOUT_MS = 60_000;

/** All chunks as bytes. */
export function bytesOf(chunks: readonly BodyChunk[]): readonly Uint8Array[] {
  return chunks.map((each) => (typeof each === 'string' ? Buffer.from(each, 'latin1') : each));
}

/** The chunks as one, unless they are too large for a copy to pay. */
export function joinSmall(
  chunks: readonly Uint8Array[],
  sizeBytes: number,
): Uint8Array | undefined {
  if (chunks.length === 1) return chunks[0];
  return sizeBytes <= MAX_JOINED_BYTES ? Buffer.concat(chunks) : undefined;
}

/** Closes a connection whose client takes nothing for too long. Returns what ends the watch. */
export function watchProgress(socket: Socket): () => void {
  const stop = () => socket.destroy();
  socket.setTimeout(WRITE_TIMEOUT_MS, stop);
  return () => socket.removeListener('timeout', stop);
}
