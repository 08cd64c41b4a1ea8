import { randomBytes, webcrypto } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { MAGIC, PIECE_BYTES, pieceAlgorithm, SALT_BYTES } from './file-format.js';
import type { ModelKey } from './model-key.js';
import { type Piece, readPieces } from './read-pieces.js';

interface FileToEncrypt {
  /** What is encrypted: a file, or pieces of something else. */
  readonly source: string | AsyncIterable<Piece>;
  /** Must not exist yet. */
  readonly target: string;
  /** Under which name in the model the file can be decrypted. */
  readonly path: string;
  readonly key: ModelKey;
}

/** Writes an encrypted copy of a file of any size, and returns its salt, like no other's. */
export async function encryptFile(file: FileToEncrypt): Promise<Buffer> {
  const salt = randomBytes(SALT_BYTES);
  await pipeline(encrypted(file, salt), createWriteStream(file.target, { flags: 'wx' }));
  return salt;
}

async function* encrypted(file: FileToEncrypt, salt: Buffer): AsyncGenerator<Uint8Array> {
  const { key, check } = await file.key.fileKey(salt);
  yield Buffer.concat([MAGIC, salt, check]);
  const { source, path } = file;
  const pieces =
    typeof source === 'string'
      ? readPieces(source, { startByte: 0, pieceBytes: PIECE_BYTES })
      : source;
  for await (const { data, index, last } of pieces) {
    const algorithm = pieceAlgorithm(path, index, last);
    yield new Uint8Array(await webcrypto.subtle.encrypt(algorithm, key, data));
  }
}
