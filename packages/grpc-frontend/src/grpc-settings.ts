import { readFileSync } from 'node:fs';
import { InferError } from '@nereid/core';

const INT32_MAX = 0x7fff_ffff;

/** What encrypts connections, as the contents of PEM files. */
export interface TlsSettings {
  readonly certificate: Buffer;
  readonly key: Buffer;
  readonly rootCertificate: Buffer | undefined;
  /** Whether clients must show a certificate. */
  readonly mutual: boolean;
}

export interface GrpcSettings {
  readonly address: string;
  readonly port: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  /** 0 sets no limit, here and below. */
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly headerForwardPattern: string;
  /** One rule a line. */
  readonly restrictedProtocol: string;
  /** Responses of one call that may wait for its client before its model has to. */
  readonly maxResponsePoolSize: number;
  readonly tls: TlsSettings | undefined;
}

const DEFAULTS = {
  address: '0.0.0.0',
  port: '8001',
  'reuse-port': 'false',
  'header-forward-pattern': '',
  'restricted-protocol': '',
  'max-response-pool-size': String(INT32_MAX),
  'use-ssl': 'false',
  'use-ssl-mutual': 'false',
  'server-cert': '',
  'server-key': '',
  'root-cert': '',
  'infer-response-compression-level': 'none',
  'keepalive-time': '7200000',
  'keepalive-timeout': '20000',
  'keepalive-permit-without-calls': 'false',
  'http2-max-pings-without-data': '2',
  'http2-min-recv-ping-interval-without-data': '300000',
  'http2-max-ping-strikes': '2',
  'max-connection-age': '0',
  'max-connection-age-grace': '0',
} as const;

type SettingName = keyof typeof DEFAULTS;

/** Settings that the transport cannot put in force, and why; they may only have their default. */
const UNSUPPORTED = {
  'reuse-port': 'two servers cannot share a port with this transport',
  'infer-response-compression-level': 'this transport sends responses uncompressed',
  'http2-max-pings-without-data': 'this transport does not limit its own pings',
  'http2-min-recv-ping-interval-without-data': 'this transport does not limit the pings of clients',
  'http2-max-ping-strikes': 'this transport does not count the pings of clients',
} as const satisfies Partial<Record<SettingName, string>>;

/**
 * Parses the settings of the gRPC front end, whose names are those of the `--grpc-…` flags, and
 * reads the certificates. Throws INVALID_ARG for an unknown setting or an impossible value,
 * UNSUPPORTED for one that could not be put in force.
 */
export function parseGrpcSettings(settings: ReadonlyMap<string, string>): GrpcSettings {
  for (const name of settings.keys()) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      throw new InferError('INVALID_ARG', `the gRPC front end has no setting '${name}'`);
    }
  }
  const text = (name: SettingName): string => settings.get(name) ?? DEFAULTS[name];
  refuseUnsupported(text);
  return {
    address: text('address'),
    port: integer('port', text, 65_535),
    keepaliveTimeMs: integer('keepalive-time', text),
    keepaliveTimeoutMs: integer('keepalive-timeout', text),
    maxConnectionAgeMs: integer('max-connection-age', text),
    maxConnectionAgeGraceMs: integer('max-connection-age-grace', text),
    headerForwardPattern: text('header-forward-pattern'),
    restrictedProtocol: text('restricted-protocol'),
    maxResponsePoolSize: poolSize(text),
    tls: tlsSettings(text),
  };
}

type TextOf = (name: SettingName) => string;

function refuseUnsupported(text: TextOf): void {
  for (const [name, reason] of Object.entries(UNSUPPORTED)) {
    const setting = name as keyof typeof UNSUPPORTED;
    const value = text(setting);
    if (value === DEFAULTS[setting]) continue;
    throw new InferError(
      'UNSUPPORTED',
      `gRPC setting '${name}' cannot be '${value}': ${reason}; ` +
        `leave it at '${DEFAULTS[setting]}'`,
    );
  }
  // The transport always keeps idle connections alive, so either value is met; it must be one.
  boolean('keepalive-permit-without-calls', text);
}

function integer(name: SettingName, text: TextOf, most = INT32_MAX): number {
  const value = text(name);
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number <= most) return number;
  throw new InferError(
    'INVALID_ARG',
    `gRPC setting '${name}' has to be a whole number from 0 to ${most}, got '${value}'`,
  );
}

function poolSize(text: TextOf): number {
  const size = integer('max-response-pool-size', text);
  if (size > 0) return size;
  throw new InferError('INVALID_ARG', "gRPC setting 'max-response-pool-size' has to be above 0");
}

function boolean(name: SettingName, text: TextOf): boolean {
  const value = text(name);
  if (value === 'true' || value === 'false') return value === 'true';
  throw new InferError(
    'INVALID_ARG',
    `gRPC setting '${name}' has to be true or false, got '${value}'`,
  );
}

function tlsSettings(text: TextOf): TlsSettings | undefined {
  const mutual = boolean('use-ssl-mutual', text);
  if (!boolean('use-ssl', text) && !mutual) return undefined;
  const certificate = pemFile('server-cert', text);
  const key = pemFile('server-key', text);
  if (!certificate || !key) {
    throw new InferError(
      'INVALID_ARG',
      "encrypted gRPC needs the settings 'server-cert' and 'server-key'",
    );
  }
  return { certificate, key, rootCertificate: pemFile('root-cert', text), mutual };
}

function pemFile(name: SettingName, text: TextOf): Buffer | undefined {
  const path = text(name);
  if (path === '') return undefined;
  try {
    // Read once, as the front end is made: nothing is being served yet.
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `cannot read gRPC setting '${name}': ${reason}`, { cause });
  }
}
