import { timingSafeEqual, webcrypto } from 'node:crypto';
import { open } from 'node:fs/promises';
import { InferError } from '@nereid/core';
import {
  HEAD_BYTES,
  MAGIC,
  PIECE_BYTES,
  pieceAlgorithm,
  SALT_BYTES,
  SUFFIX,
  TAG_BYTES,
} from './file-format.js';
import type { FileKey, ModelKey } from './model-key.js';
import { type Piece, readPieces } from './read-pieces.js';

interface FileToDecrypt {
  readonly source: string;
  /** The name in the model that the file was encrypted under. */
  readonly path: string;
  readonly key: ModelKey;
}

/**
 * Yields a file's content, piece by piece, each authenticated before it is given out. Throws an
 * InferError that names the file when it is not exactly the one that was encrypted. The salt tells
 * files of one name apart; any will do when none is given.
 */
export async function* decryptFile(
  file: FileToDecrypt,
  salt?: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const { key } = await readHead(file, salt);
  const layout = { startByte: HEAD_BYTES, pieceBytes: PIECE_BYTES + TAG_BYTES };
  for await (const piece of readPieces(file.source, layout))
    yield await openPiece(file, key, piece);
}

async function openPiece(
  { path }: FileToDecrypt,
  key: FileKey['key'],
  { data, index, last }: Piece,
): Promise<Uint8Array> {
  const algorithm = pieceAlgorithm(path, index, last);
  try {
    return new Uint8Array(await webcrypto.subtle.decrypt(algorithm, key, data));
  } catch (cause) {
    throw refusal(path, `was changed, cut short or renamed (at piece ${index + 1})`, cause);
  }
}

async function readHead(
  { source, path, key }: FileToDecrypt,
  expectedSalt: Uint8Array | undefined,
): Promise<FileKey> {
  const head = await readStart(source, HEAD_BYTES);
  if (head.byteLength < HEAD_BYTES || !head.subarray(0, MAGIC.byteLength).equals(MAGIC)) {
    throw refusal(path, "is not a file that 'nereid encrypt-model' has written");
  }
  const salt = head.subarray(MAGIC.byteLength, MAGIC.byteLength + SALT_BYTES);
  const fileKey = await key.fileKey(salt);
  if (!timingSafeEqual(fileKey.check, head.subarray(MAGIC.byteLength + SALT_BYTES))) {
    throw refusal(path, 'was encrypted with another key, or its beginning was changed');
  }
  if (expectedSalt && !salt.equals(expectedSalt)) {
    throw refusal(path, 'comes from another encryption than the rest of the model');
  }
  return fileKey;
}

async function readStart(source: string, lengthBytes: number): Promise<Buffer> {
  const file = await open(source);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(lengthBytes), { position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function refusal(path: string, fault: string, cause?: unknown): InferError {
  return new InferError('INVALID_ARG', `cannot decrypt ${path}${SUFFIX}: it ${fault}`, { cause });
}
