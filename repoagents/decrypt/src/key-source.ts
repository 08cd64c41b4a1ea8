import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { InferError } from '@nereid/core';
import { ModelKey } from './model-key.js';

/** Where a key is: `env:NAME`, `file:PATH` or `command:COMMAND`. */
export interface KeySource {
  readonly kind: 'env' | 'file' | 'command';
  readonly place: string;
}

/** A key is less than 100 bytes; what is longer is none. */
const MAX_KEY_BYTES = 4096;
const COMMAND_LIMIT_MS = 30_000;
const MAX_REASON_LENGTH = 300;

/** Throws an InferError. `origin` is who says so, such as a parameter. */
export function parseKeySource(text: string, origin: string): KeySource {
  const [, kind, place] = /^(env|file|command):(.+)$/s.exec(text) ?? [];
  if (place !== undefined && (kind === 'env' || kind === 'file' || kind === 'command')) {
    return { kind, place };
  }
  throw new InferError(
    'INVALID_ARG',
    `${origin} must be env:NAME, file:PATH or command:COMMAND; got: ${text}`,
  );
}

/** Reads the key anew: it may have changed. A command is told the model's name. */
export async function readKey({ kind, place }: KeySource, modelName: string): Promise<ModelKey> {
  switch (kind) {
    case 'env':
      return await ModelKey.of(keyInEnvironment(place), `the environment variable ${place}`);
    case 'file':
      return await ModelKey.of(await keyInFile(place), place);
    case 'command':
      return await ModelKey.of(await keyOfCommand(place, modelName), "the key command's output");
  }
}

function keyInEnvironment(name: string): Buffer {
  const value = process.env[name];
  if (value !== undefined) return Buffer.from(value);
  throw new InferError('NOT_FOUND', `the key is expected in the environment variable ${name}`);
}

async function keyInFile(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_KEY_BYTES));
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('NOT_FOUND', `the key cannot be read: ${reason}`, { cause });
  }
}

async function keyOfCommand(command: string, modelName: string): Promise<Buffer> {
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], {
      encoding: 'buffer',
      env: { ...process.env, NEREID_MODEL_NAME: modelName },
      timeout: COMMAND_LIMIT_MS,
      maxBuffer: MAX_KEY_BYTES,
    });
    return stdout;
  } catch (cause) {
    // No `cause` here: the error of a command holds its output, which may be the key.
    throw new InferError('UNAVAILABLE', `the key command failed: ${reasonOf(cause)}`);
  }
}

/** Only what the command wrote as its errors, and how it ended. */
function reasonOf(failure: unknown): string {
  const { code, killed, signal, stderr } = failure as {
    readonly code?: number | string;
    readonly killed?: boolean;
    readonly signal?: string;
    readonly stderr?: Buffer;
  };
  const text = stderr?.toString().trim().slice(0, MAX_REASON_LENGTH) ?? '';
  const end = killed ? `it was ended after ${COMMAND_LIMIT_MS / 1000} s` : `exit ${code ?? signal}`;
  return text === '' ? end : `${end}: ${text}`;
}
