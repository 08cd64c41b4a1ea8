import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InferError } from '@nereid/core';
import { copyModelFile, listModelFiles } from '@nereid/repoagent-kit';
import { decryptFile } from './decrypt-file.js';
import { SUFFIX } from './file-format.js';
import { INVENTORY_FILE, type Inventory, readInventory } from './inventory.js';
import { isConfigFile } from './is-config-file.js';
import type { ModelKey } from './model-key.js';

/** A model with encrypted files, and the empty folder to put it into, in clear. */
interface ModelToDecrypt {
  readonly source: string;
  readonly target: string;
  readonly key: ModelKey;
}

/**
 * Makes the model that was encrypted: its files under the names that they had, others copied, all
 * for their owner alone. Returns how many were decrypted. Throws an InferError, and leaves the
 * removal of what it wrote to the caller, when files are missing, changed, or too many.
 */
export async function decryptModel({ source, target, key }: ModelToDecrypt): Promise<number> {
  const { files, folders } = await listModelFiles(source);
  if (!files.includes(INVENTORY_FILE)) throw refusal(`there is no ${INVENTORY_FILE}`);
  const inventory = await readInventory(join(source, INVENTORY_FILE), key);
  const clear = checkFiles(files, inventory);
  for (const folder of folders) await mkdir(join(target, folder), { mode: 0o700 });
  for (const path of clear) await copyModelFile(join(source, path), join(target, path));
  for (const [path, salt] of inventory.salts) {
    const file = { source: join(source, path + SUFFIX), path, key };
    await pipeline(
      decryptFile(file, Buffer.from(salt, 'hex')),
      createWriteStream(join(target, path), { flags: 'wx', mode: 0o600 }),
    );
  }
  return inventory.salts.size;
}

/** Returns the files to be copied. Of a file that is there in clear, too, the encrypted counts. */
function checkFiles(files: readonly string[], { whole, salts }: Inventory): readonly string[] {
  const present = new Set(files);
  for (const path of salts.keys()) {
    if (!present.has(path + SUFFIX)) throw refusal(`${path}${SUFFIX} is missing`);
  }
  return files.filter((path) => {
    if (path === INVENTORY_FILE || salts.has(path)) return false;
    if (path.endsWith(SUFFIX)) {
      if (salts.has(path.slice(0, -SUFFIX.length))) return false;
      throw refusal(`${path} was not encrypted together with the others`);
    }
    if (whole && !isConfigFile(path)) {
      throw refusal(`${path} is in clear, although the whole model was encrypted`);
    }
    return true;
  });
}

function refusal(fault: string): InferError {
  return new InferError('INVALID_ARG', `cannot decrypt the model: ${fault}`);
}
