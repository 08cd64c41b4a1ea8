import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type CommandPlugin, InferError } from '@nereid/core';
import { encryptModel } from './encrypt-model.js';
import {
  ENCRYPT_MODEL_HELP,
  type EncryptModelArguments,
  parseEncryptModelArguments,
} from './encrypt-model-arguments.js';
import { type KeySource, readKey } from './key-source.js';

async function runCommand(words: readonly string[]): Promise<number> {
  const given = parseEncryptModelArguments(words);
  if (given === undefined) {
    process.stdout.write(ENCRYPT_MODEL_HELP);
    return 0;
  }
  if (given.newKeyFile === undefined) return await encrypt(given);
  await writeNewKey(given.newKeyFile);
  try {
    return await encrypt(given);
  } catch (error) {
    // Nothing was encrypted with it, and another try would find it in its way.
    await rm(given.newKeyFile);
    throw error;
  }
}

async function encrypt(given: EncryptModelArguments): Promise<number> {
  const { source, target, only, encryptConfig: config } = given;
  const key = await readKey(given.keySource, basename(resolve(source)));
  const keySource = given.serverKeySource && absolute(given.serverKeySource);
  const count = await encryptModel({ source, target, key, only, config, keySource });
  const files = count === 1 ? 'file' : 'files';
  process.stdout.write(`${target}: encrypted ${count} ${files}\n${whereKeyIs(keySource)}\n`);
  return 0;
}

async function writeNewKey(path: string): Promise<void> {
  try {
    await writeFile(path, `${randomBytes(32).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `cannot write a new key: ${reason}`, { cause });
  }
}

/** The server may run in another folder. */
function absolute({ kind, place }: KeySource): KeySource {
  return { kind, place: kind === 'file' ? resolve(place) : place };
}

function whereKeyIs(source: KeySource | undefined): string {
  switch (source?.kind) {
    case 'env':
      return `The server needs the key in the environment variable ${source.place}.`;
    case 'file':
      return `The server needs the key in ${source.place}. Without it the copy is worth nothing.`;
    default:
      return 'The server needs --repoagent-config=decrypt,key_source=command:COMMAND.';
  }
}

const plugin: CommandPlugin = {
  synopsis: 'SOURCE TARGET --key KEY',
  summary: 'write an encrypted copy of a model',
  runCommand,
};

export default plugin;
