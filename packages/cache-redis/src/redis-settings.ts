import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferError } from '@nereid/core';

/** Files are PEM, read at start-up. */
export interface RedisTlsSettings {
  readonly cert: string | undefined;
  readonly key: string | undefined;
  /** Empty: those that the system trusts. */
  readonly authorities: readonly string[];
  /** The name that the server's certificate must have, where it is not the host's. */
  readonly serverName: string | undefined;
}

export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly connectTimeoutMs: number;
  /** How long a request waits for Redis. */
  readonly commandTimeoutMs: number;
  readonly connectionCount: number;
  /** How long an answer is kept; 0 as long as Redis has room. */
  readonly ttlSeconds: number;
  /** Undefined: not encrypted. */
  readonly tls: RedisTlsSettings | undefined;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 5000;
const DEFAULT_COMMAND_TIMEOUT_MS = 250;
const MAX_CONNECTION_COUNT = 64;
const MAX_SECONDS = 0x7fff_ffff;

/** Those of Triton's cache (spec §4.8), and `ttl`. */
const NAMES = [
  'host',
  'port',
  'user',
  'password',
  'db',
  'connect_timeout',
  'socket_timeout',
  'pool_size',
  'wait_timeout',
  'tls_enabled',
  'cert',
  'key',
  'cacert',
  'cacert_dir',
  'sni',
  'ttl',
] as const;

type SettingName = (typeof NAMES)[number];
type Settings = ReadonlyMap<string, string>;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of `--cache-config redis,…` and the files they name. User and password may
 * come from the environment, which no list of processes shows. Throws an INVALID_ARG InferError.
 */
export function parseRedisSettings(settings: Settings, environment: Environment): RedisSettings {
  const stranger = [...settings.keys()].find((name) => !NAMES.some((known) => known === name));
  if (stranger !== undefined) {
    throw invalid(`unknown setting '${stranger}'; expected one of ${NAMES.join(', ')}`);
  }
  const [host, port] = [settings.get('host'), settings.get('port')];
  if (!host || port === undefined) {
    throw invalid(
      "didn't specify address. Must at a minimum specify 'host' and 'port' in the configuration " +
        '- e.g. --cache-config redis,host=redis --cache-config redis,port=6379',
    );
  }
  return {
    host,
    port: integer(settings, 'port', { minimum: 1, maximum: 65_535 }),
    user: settings.get('user') ?? environment['TRITONCACHE_REDIS_USERNAME'],
    password: settings.get('password') ?? environment['TRITONCACHE_REDIS_PASSWORD'],
    database: integer(settings, 'db', { minimum: 0, maximum: MAX_SECONDS }) || 0,
    connectTimeoutMs: milliseconds(settings, 'connect_timeout') || DEFAULT_CONNECT_TIMEOUT_MS,
    commandTimeoutMs: milliseconds(settings, 'socket_timeout') || DEFAULT_COMMAND_TIMEOUT_MS,
    connectionCount:
      integer(settings, 'pool_size', { minimum: 1, maximum: MAX_CONNECTION_COUNT }) || 1,
    ttlSeconds: integer(settings, 'ttl', { minimum: 0, maximum: MAX_SECONDS }) || 0,
    tls: tlsSettings(settings),
  };
}

/** Encrypts when it is told to, and when there is anything to encrypt with. */
function tlsSettings(settings: Settings): RedisTlsSettings | undefined {
  const parts = ['cert', 'key', 'cacert', 'cacert_dir', 'sni'] as const;
  const given = parts.some((name) => (settings.get(name) ?? '') !== '');
  if (!(boolean(settings, 'tls_enabled') ?? given)) return undefined;
  return {
    cert: readFileOf(settings, 'cert'),
    key: readFileOf(settings, 'key'),
    authorities: [readFileOf(settings, 'cacert'), ...readFolderOf(settings, 'cacert_dir')].filter(
      (text) => text !== undefined,
    ),
    serverName: settings.get('sni') || undefined,
  };
}

function readFileOf(settings: Settings, name: SettingName): string | undefined {
  const path = settings.get(name) ?? '';
  return path === '' ? undefined : read(name, () => readFileSync(path, 'utf8'));
}

function readFolderOf(settings: Settings, name: SettingName): readonly string[] {
  const folder = settings.get(name) ?? '';
  if (folder === '') return [];
  return read(name, () =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => readFileSync(join(folder, entry.name), 'utf8')),
  );
}

function read<T>(name: SettingName, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw invalid(`'${name}' cannot be read: ${(cause as Error).message}`);
  }
}

/** 0 is Triton's word for no limit; there is always one here. NaN when the setting is absent. */
function milliseconds(settings: Settings, name: SettingName): number {
  return integer(settings, name, { minimum: 0, maximum: MAX_SECONDS });
}

function integer(
  settings: Settings,
  name: SettingName,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): number {
  const text = settings.get(name);
  if (text === undefined) return Number.NaN;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
  throw invalid(`'${name}' must be a number from ${minimum} to ${maximum}, got '${text}'`);
}

function boolean(settings: Settings, name: SettingName): boolean | undefined {
  const text = settings.get(name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (['true', '1', 'yes', 'on'].includes(text)) return true;
  if (['false', '0', 'no', 'off'].includes(text)) return false;
  throw invalid(`'${name}' must be true or false, got '${text}'`);
}

function invalid(reason: string): InferError {
  return new InferError('INVALID_ARG', `Failed to initialize RedisCache: ${reason}`);
}
