import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { InferError } from '@nereid/core';
import { listModelFiles } from '@nereid/repoagent-kit';
import { addAgent, agentOnly } from './add-agent.js';
import { encryptFile } from './encrypt-file.js';
import { SUFFIX } from './file-format.js';
import { INVENTORY_FILE, INVENTORY_PATH, writeInventory } from './inventory.js';
import { isConfigFile } from './is-config-file.js';
import type { KeySource } from './key-source.js';
import type { ModelKey } from './model-key.js';

export interface EncryptOptions {
  /** The model's folder. */
  readonly source: string;
  /** The folder to make; empty, if it exists. */
  readonly target: string;
  readonly key: ModelKey;
  /** The only files to encrypt, by their path in the model; all when empty. */
  readonly only: readonly string[];
  /** Whether the configuration is secret, too. */
  readonly config: boolean;
  /** Where the server finds the key; undefined when its command line says so. */
  readonly keySource: KeySource | undefined;
}

/**
 * Writes a copy of a model that the agent `decrypt` can serve. Returns how many files were
 * encrypted. Rejects with an InferError, and leaves nothing behind, when that cannot be.
 */
export async function encryptModel(options: EncryptOptions): Promise<number> {
  const [source, target] = [resolve(options.source), resolve(options.target)];
  if (`${target}${sep}`.startsWith(`${source}${sep}`)) {
    throw refusal(`${target} lies in the folder of the model itself`);
  }
  const { files, folders } = await list(source);
  const secret = chooseFiles(files, options);
  if ((await readdir(target).catch(() => [])).length > 0) throw refusal(`${target} is not empty`);
  // Hidden until it is complete: a server may be watching the repository.
  const draft = join(dirname(target), `.${basename(target)}-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(draft, { recursive: true });
    for (const folder of folders) await mkdir(join(draft, folder));
    await writeFiles(files, secret, { ...options, source, target: draft });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return secret.size;
}

async function list(source: string) {
  const found = await listModelFiles(source).catch((cause: Error) => {
    throw refusal(`cannot read the model: ${cause.message}`);
  });
  if (found.files.length === 0) throw refusal(`there are no files in ${source}`);
  const encrypted = found.files.find((path) => path.endsWith(SUFFIX));
  if (encrypted !== undefined || found.files.includes(INVENTORY_PATH)) {
    throw refusal(
      `the model has a file ${encrypted ?? INVENTORY_PATH}, a name that encrypted models use`,
    );
  }
  return found;
}

function chooseFiles(files: readonly string[], options: EncryptOptions): ReadonlySet<string> {
  const { only, config } = options;
  const unknown = only.find((path) => !files.includes(path));
  if (unknown !== undefined) {
    throw refusal(`the model has no file ${unknown}; its files are ${files.join(', ')}`);
  }
  const chosen = files.filter((path) =>
    isConfigFile(path) ? config : only.length === 0 || only.includes(path),
  );
  if (chosen.length === 0) {
    throw refusal('the model has no files to encrypt but its configuration: --encrypt-config');
  }
  return new Set(chosen);
}

async function writeFiles(
  files: readonly string[],
  secret: ReadonlySet<string>,
  options: EncryptOptions,
): Promise<void> {
  const { source, target, key, only } = options;
  const salts = new Map<string, string>();
  for (const path of files) {
    const [from, to] = [join(source, path), join(target, path)];
    if (secret.has(path)) {
      const salt = await encryptFile({ source: from, target: to + SUFFIX, path, key });
      salts.set(path, salt.toString('hex'));
    }
    if (isConfigFile(path)) await writeConfig(path, secret.has(path), options);
    else if (!secret.has(path)) await copyFile(from, to);
  }
  // Without a configuration in the model, there is one now that names the agent.
  if (!files.includes('config.pbtxt') && !files.includes('config.json')) {
    await writeFile(join(target, 'config.pbtxt'), agentOnly('config.pbtxt', options.keySource));
  }
  const inventory = { whole: only.length === 0, salts };
  await writeInventory(join(target, INVENTORY_FILE), inventory, key);
}

async function writeConfig(
  path: string,
  isSecret: boolean,
  { source, target, keySource }: EncryptOptions,
): Promise<void> {
  const text = await readFile(join(source, path), 'utf8');
  const shown = addAgent({ path, text, keySource });
  await mkdir(dirname(join(target, path)), { recursive: true });
  await writeFile(join(target, path), isSecret ? agentOnly(path, keySource) : shown);
}

function refusal(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
