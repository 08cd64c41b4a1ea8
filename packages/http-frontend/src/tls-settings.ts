import { readFileSync } from 'node:fs';
import type { TlsOptions } from 'node:tls';
import { InferError } from '@nereid/core';
import { booleanSetting, type SettingValues } from './setting-values.js';

/** What encrypts connections, as the contents of PEM files. */
export interface TlsSettings {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Signs the certificates that clients must show; undefined when they need none. */
  readonly clientRoot: Buffer | undefined;
}

/**
 * Parses `use-ssl`, `use-ssl-mutual` and the settings that name PEM files, and reads those.
 * Undefined when connections are not to be encrypted. Throws an INVALID_ARG InferError.
 */
export function parseTlsSettings(values: SettingValues): TlsSettings | undefined {
  const mutual = booleanSetting(values, 'use-ssl-mutual');
  if (!booleanSetting(values, 'use-ssl') && !mutual) return undefined;
  return {
    certificate: pemFile(values, 'server-cert', 'use-ssl'),
    key: pemFile(values, 'server-key', 'use-ssl'),
    clientRoot: mutual ? pemFile(values, 'root-cert', 'use-ssl-mutual') : undefined,
  };
}

function pemFile(values: SettingValues, name: string, needing: string): Buffer {
  const path = values.get(name) ?? '';
  if (path === '') {
    throw new InferError('INVALID_ARG', `HTTP setting '${needing}' needs '${name}'`);
  }
  try {
    // Read once, as the front end is made: nothing is being served yet.
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `cannot read HTTP setting '${name}': ${reason}`, { cause });
  }
}

/** For `node:tls`. */
export function tlsOptions({ certificate: cert, key, clientRoot }: TlsSettings): TlsOptions {
  // Without a valid certificate, a client that must have one does not get past the handshake.
  const mutual = clientRoot && { ca: clientRoot, requestCert: true, rejectUnauthorized: true };
  return { cert, key, ...mutual };
}

/** What `node:tls` threw for them, said to people. */
export function unusableCertificate(cause: unknown): InferError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InferError('INVALID_ARG', `cannot use the certificate or its key: ${reason}`, {
    cause,
  });
}
