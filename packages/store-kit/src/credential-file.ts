import { readFile, stat } from 'node:fs/promises';
import { InferError } from '@nereid/core';

/** What a credential file has for a location. */
export interface Credential {
  /** The prefix that the entry is for; not a secret. */
  readonly name: string;
  readonly value: unknown;
}

/** Who to be towards a store. A store asks before it looks, as credentials may be replaced. */
export interface CredentialSource {
  /** The same object until the credential changes; undefined leaves it to the environment. */
  current(): Promise<Credential | undefined>;
}

/**
 * Triton's file of credentials (spec §5), which `TRITON_CLOUD_CREDENTIAL_PATH` names: for each
 * scheme, entries by the prefix of the locations they are for. The longest prefix counts. The file
 * is read again when it changed.
 */
export class CredentialFile implements CredentialSource {
  readonly #path: string;
  readonly #scheme: string;
  readonly #location: string;
  #stamp = '';
  #credential: Credential | undefined;

  constructor(path: string, scheme: string, location: string) {
    this.#path = path;
    this.#scheme = scheme;
    this.#location = location;
  }

  async current(): Promise<Credential | undefined> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp === this.#stamp) return this.#credential;
      const text = await readFile(this.#path, 'utf8');
      this.#credential = matchCredential(parseObject(text), this.#scheme, this.#location);
      this.#stamp = stamp;
      return this.#credential;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const text = `cannot read the credential file ${this.#path}: ${reason}`;
      throw new InferError('INVALID_ARG', text, { cause });
    }
  }
}

/** Leaves it to the SDK and the environment. */
export const NO_CREDENTIAL: CredentialSource = { current: () => Promise.resolve(undefined) };

/** The entry with the longest name that the location starts with; one without a name fits all. */
export function matchCredential(
  file: Readonly<Record<string, unknown>>,
  scheme: string,
  location: string,
): Credential | undefined {
  const entries = file[scheme];
  if (!isObject(entries)) return undefined;
  const names = Object.keys(entries).filter((name) => location.startsWith(name));
  const [name] = names.toSorted((a, b) => b.length - a.length);
  return name === undefined ? undefined : { name, value: entries[name] };
}

/** A JSON parser's message quotes what it read, which may be a secret. */
function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is not valid JSON');
  }
  if (!isObject(value)) throw new Error('it must be a JSON object');
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text member of a credential; undefined when it is absent or empty. */
export function credentialText(value: unknown, member: string): string | undefined {
  const text = isObject(value) ? value[member] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
