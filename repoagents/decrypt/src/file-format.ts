/**
 * An encrypted file is a head and pieces:
 *
 *     magic (8) | salt (32) | key check (16) | piece | piece | … | last piece
 *
 * Key and salt yield, by HKDF-SHA256, a key for this file alone and the key check, which tells a
 * wrong key from a changed file. A piece is up to 1 MiB of the file, encrypted with AES-256-GCM,
 * and its tag (16). Its nonce has its number and whether it is the last, and the file's path is
 * authenticated with it: pieces cannot change places, and files can be neither cut short nor
 * renamed.
 */

export const MAGIC = Buffer.from('NEREIDE1', 'latin1');
export const SALT_BYTES = 32;
export const KEY_CHECK_BYTES = 16;
export const HEAD_BYTES = MAGIC.byteLength + SALT_BYTES + KEY_CHECK_BYTES;
export const PIECE_BYTES = 1024 * 1024;
export const TAG_BYTES = 16;

/** What the name of an encrypted file ends with, after the name that it had. */
export const SUFFIX = '.enc';

const NONCE_BYTES = 12;

/** How WebCrypto encrypts the piece with this number, counted from 0. */
export function pieceAlgorithm(path: string, index: number, last: boolean) {
  const iv = Buffer.alloc(NONCE_BYTES);
  iv.writeUInt32BE(index, NONCE_BYTES - 5);
  iv.writeUInt8(last ? 1 : 0, NONCE_BYTES - 1);
  // Some file systems spell accents in their own way.
  const additionalData = Buffer.from(path.normalize('NFC'));
  return { name: 'AES-GCM', iv, additionalData, tagLength: TAG_BYTES * 8 };
}
