import { type webcrypto as WebCrypto, webcrypto } from 'node:crypto';
import { InferError } from '@nereid/core';
import { KEY_CHECK_BYTES } from './file-format.js';

const KEY_BYTES = 32;
const INFO = Buffer.from('nereid encrypted model file 1');

/** A file's own key, and what the file's head must say for it to be the right one. */
export interface FileKey {
  readonly key: WebCrypto.CryptoKey;
  readonly check: Uint8Array;
}

/** The secret that a model's files are encrypted with. It cannot be read back. */
export class ModelKey {
  readonly #secret: WebCrypto.CryptoKey;

  private constructor(secret: WebCrypto.CryptoKey) {
    this.#secret = secret;
  }

  /**
   * Takes 64 hexadecimal digits, 44 characters of base64, or 32 bytes that are no text. `origin`
   * says in the InferError for anything else where it came from; what it was is never shown.
   */
  static async of(content: Buffer, origin: string): Promise<ModelKey> {
    const bytes = keyBytes(content);
    if (bytes === undefined) {
      throw new InferError(
        'INVALID_ARG',
        `${origin} is not a key: it should be ${2 * KEY_BYTES} hexadecimal digits, ` +
          "as 'openssl rand -hex 32' makes them, base64, or 32 random bytes",
      );
    }
    const secret = await webcrypto.subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits']);
    bytes.fill(0);
    return new ModelKey(secret);
  }

  async fileKey(salt: Uint8Array): Promise<FileKey> {
    const algorithm = { name: 'HKDF', hash: 'SHA-256', salt, info: INFO };
    const bits = 8 * (KEY_BYTES + KEY_CHECK_BYTES);
    const derived = Buffer.from(await webcrypto.subtle.deriveBits(algorithm, this.#secret, bits));
    const key = await webcrypto.subtle.importKey(
      'raw',
      derived.subarray(0, KEY_BYTES),
      'AES-GCM',
      false,
      ['encrypt', 'decrypt'],
    );
    const check = Buffer.from(derived.subarray(KEY_BYTES));
    derived.fill(0);
    return { key, check };
  }
}

/** A copy, for the caller to wipe out. */
function keyBytes(content: Buffer): Buffer | undefined {
  const text = content.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  // Printable characters are a password, which is easier to guess than 32 random bytes.
  const isText = /^[\x20-\x7e\s]*$/.test(text);
  return content.byteLength === KEY_BYTES && !isText ? Buffer.from(content) : undefined;
}
