import { parseArgs } from 'node:util';
import { InferError } from '@nereid/core';
import { type KeySource, parseKeySource } from './key-source.js';

export const ENCRYPT_MODEL_HELP = `Usage: nereid encrypt-model SOURCE TARGET --key KEY [flags]

Writes an encrypted copy of the model folder SOURCE to the new folder TARGET, with the repository
agent in its configuration that decrypts it when the server loads it.

  --key env:NAME | file:PATH | command:COMMAND
        Where the key is: 64 hexadecimal digits, as 'openssl rand -hex 32' makes them, base64, or
        32 random bytes.
  --new-key PATH
        Makes a key, writes it to a new file for your eyes only, and encrypts with it.
  --server-key env:NAME | file:PATH
        Where the server will find the key, if not at the place that --key names. A command is
        given to the server instead: --repoagent-config=decrypt,key_source=command:COMMAND
  --only PATH
        Encrypts this file of the model, such as 1/model.onnx, and copies the others.
        May be repeated.
  --encrypt-config
        Encrypts the configuration, too. Otherwise it stays readable, and can be changed.

Example:
  nereid encrypt-model models/resnet secret-models/resnet --new-key resnet.key
  nereid --model-repository secret-models
`;

export interface EncryptModelArguments {
  readonly source: string;
  readonly target: string;
  readonly keySource: KeySource;
  /** Write a new key to this file first. */
  readonly newKeyFile: string | undefined;
  readonly serverKeySource: KeySource | undefined;
  readonly only: readonly string[];
  readonly encryptConfig: boolean;
}

const OPTIONS = {
  key: { type: 'string' },
  'new-key': { type: 'string' },
  'server-key': { type: 'string' },
  only: { type: 'string', multiple: true },
  'encrypt-config': { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Returns undefined when only help is asked for. Throws an InferError that says what to change. */
export function parseEncryptModelArguments(
  words: readonly string[],
): EncryptModelArguments | undefined {
  const { values, positionals } = parse(words);
  if (values.help) return undefined;
  const [source, target, ...rest] = positionals;
  if (source === undefined || target === undefined) {
    throw misuse('two folders are needed, that of the model and a new one');
  }
  if (rest[0] !== undefined) throw misuse(`unexpected argument: ${rest[0]}`);
  const keySource = keySourceOf(values.key, values['new-key']);
  return {
    source,
    target,
    keySource,
    newKeyFile: values['new-key'],
    serverKeySource: serverKeySource(values['server-key'], keySource),
    only: values.only ?? [],
    encryptConfig: values['encrypt-config'] ?? false,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // What follows the first sentence is about positional arguments that begin with a dash.
    throw misuse(message.split(/\. |\n/, 1)[0] ?? message);
  }
}

function keySourceOf(key: string | undefined, newKeyFile: string | undefined): KeySource {
  if (key !== undefined && newKeyFile !== undefined)
    throw misuse('--key and --new-key exclude each other');
  if (newKeyFile !== undefined) return { kind: 'file', place: newKeyFile };
  if (key === undefined) throw misuse('a key is needed: --key or --new-key');
  return parseKeySource(key, '--key');
}

function serverKeySource(given: string | undefined, keySource: KeySource): KeySource | undefined {
  if (given === undefined) return keySource.kind === 'command' ? undefined : keySource;
  const source = parseKeySource(given, '--server-key');
  if (source.kind !== 'command') return source;
  throw misuse('a model cannot name a command: give it to the server, as --help says');
}

function misuse(message: string): InferError {
  return new InferError('INVALID_ARG', `${message}\n'nereid encrypt-model --help' tells more`);
}
