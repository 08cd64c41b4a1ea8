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

const TRANSPORTS = ['native', 'grpc-js'] as const;
const COMPRESSION_LEVELS = ['none', 'low', 'medium', 'high'] as const;

export interface GrpcSettings {
  readonly transport: (typeof TRANSPORTS)[number];
  readonly address: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly keepalivePermitWithoutCalls: boolean;
  readonly maxPingsWithoutData: number;
  readonly minPingIntervalMs: number;
  readonly maxPingStrikes: number;
  /** 0 sets no limit, here and below. */
  readonly maxConnectionAgeMs: number;
  readonly maxConnectionAgeGraceMs: number;
  readonly headerForwardPattern: string;
  /** One rule a line. */
  readonly restrictedProtocol: string;
  /** Responses of one call that may wait for its client before its model has to. */
  readonly maxResponsePoolSize: number;
  readonly responseCompression: (typeof COMPRESSION_LEVELS)[number];
  /** Of all messages that are being served together; 0 is half of the memory. */
  readonly maxMessagesBytes: number;
  /** Of a compressed message, once inflated. */
  readonly maxInflatedBytes: number;
  readonly tls: TlsSettings | undefined;
}

const DEFAULTS = {
  transport: 'native',
  address: '0.0.0.0',
  port: '8001',
  'reuse-port': 'false',
  'header-forward-pattern': '',
  'restricted-protocol': '',
  'max-response-pool-size': String(INT32_MAX),
  'max-messages-size': '0',
  'max-inflated-size': '67108864',
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

/** Settings that grpc-js cannot put in force, and why; they may only have their default there. */
const UNSUPPORTED = {
  'reuse-port': 'grpc-js does not let two servers share a port',
  'infer-response-compression-level': 'grpc-js sends responses uncompressed',
  'http2-max-pings-without-data': 'grpc-js does not limit its own pings',
  'http2-min-recv-ping-interval-without-data': 'grpc-js does not limit the pings of clients',
  'http2-max-ping-strikes': 'grpc-js does not count the pings of clients',
  'max-messages-size': 'grpc-js does not count the messages that it holds',
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
  const transport = choice('transport', TRANSPORTS, text);
  if (transport === 'grpc-js') refuseUnsupported(text);
  return {
    transport,
    address: text('address'),
    port: integer('port', text, 65_535),
    reusePort: boolean('reuse-port', text),
    ...pingSettings(text),
    keepaliveTimeMs: integer('keepalive-time', text),
    keepaliveTimeoutMs: integer('keepalive-timeout', text),
    maxConnectionAgeMs: integer('max-connection-age', text),
    maxConnectionAgeGraceMs: integer('max-connection-age-grace', text),
    headerForwardPattern: text('header-forward-pattern'),
    restrictedProtocol: text('restricted-protocol'),
    maxResponsePoolSize: poolSize(text),
    responseCompression: choice('infer-response-compression-level', COMPRESSION_LEVELS, text),
    maxMessagesBytes: integer('max-messages-size', text, Number.MAX_SAFE_INTEGER),
    maxInflatedBytes: integer('max-inflated-size', text),
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
        `leave it at '${DEFAULTS[setting]}', or choose the transport 'native'`,
    );
  }
}

function pingSettings(text: TextOf) {
  return {
    keepalivePermitWithoutCalls: boolean('keepalive-permit-without-calls', text),
    maxPingsWithoutData: integer('http2-max-pings-without-data', text),
    minPingIntervalMs: integer('http2-min-recv-ping-interval-without-data', text),
    maxPingStrikes: integer('http2-max-ping-strikes', text),
  };
}

function choice<T extends string>(name: SettingName, choices: readonly T[], text: TextOf): T {
  const value = text(name);
  const chosen = choices.find((candidate) => candidate === value);
  if (chosen !== undefined) return chosen;
  throw new InferError(
    'INVALID_ARG',
    `gRPC setting '${name}' has to be one of ${choices.join(', ')}, got '${value}'`,
  );
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
