import { InferError } from '@nereid/core';
import { decryptFile } from './decrypt-file.js';
import { encryptFile } from './encrypt-file.js';
import { PIECE_BYTES, SUFFIX } from './file-format.js';
import type { ModelKey } from './model-key.js';
import type { Piece } from './read-pieces.js';

/** The name that the list of a model's encrypted files would have, were it in clear. */
export const INVENTORY_PATH = 'inventory';
export const INVENTORY_FILE = `${INVENTORY_PATH}${SUFFIX}`;

const MAX_INVENTORY_BYTES = 32 * 1024 * 1024;

/** Which files were encrypted together. It is itself encrypted, beside them. */
export interface Inventory {
  /** True when no file but configurations may be in clear. */
  readonly whole: boolean;
  /** The salts of the files, in hexadecimal digits, by the path in the model. */
  readonly salts: ReadonlyMap<string, string>;
}

export async function writeInventory(
  target: string,
  { whole, salts }: Inventory,
  key: ModelKey,
): Promise<void> {
  const content = Buffer.from(JSON.stringify({ whole, salts: Object.fromEntries(salts) }));
  await encryptFile({ source: piecesOf(content), target, path: INVENTORY_PATH, key });
}

/** Throws an InferError when it is not what `writeInventory` wrote with this key. */
export async function readInventory(source: string, key: ModelKey): Promise<Inventory> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of decryptFile({ source, path: INVENTORY_PATH, key })) {
    sizeBytes += piece.byteLength;
    if (sizeBytes > MAX_INVENTORY_BYTES) throw unreadable();
    pieces.push(piece);
  }
  return parse(Buffer.concat(pieces).toString());
}

/** What is authentic was written by this module; it may be a later version of it all the same. */
function parse(text: string): Inventory {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw unreadable();
  if (!('whole' in value && typeof value.whole === 'boolean')) throw unreadable();
  if (!('salts' in value && typeof value.salts === 'object' && value.salts)) throw unreadable();
  const salts = Object.entries(value.salts).map(([path, salt]) => [path, String(salt)] as const);
  return { whole: value.whole, salts: new Map(salts) };
}

function unreadable(): InferError {
  return new InferError('INVALID_ARG', `${INVENTORY_FILE} is none that this version can read`);
}

async function* piecesOf(content: Buffer): AsyncGenerator<Piece> {
  const count = Math.max(1, Math.ceil(content.byteLength / PIECE_BYTES));
  for (let index = 0; index < count; index++) {
    const data = content.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
    yield { data, index, last: index === count - 1 };
  }
}
