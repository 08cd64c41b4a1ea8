import {
  AnonymousCredential,
  ContainerClient,
  StorageRetryPolicyType,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { InferError, type Logger } from '@nereid/core';
import { type Credential, credentialText, type StoreSettings } from '@nereid/store-kit';
import type { AzureLocation } from './azure-location.js';

const SERVICE_DOMAIN = 'blob.core.windows.net';
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Names of the settings that only this store has. */
export const AZURE_SETTINGS = ['endpoint'];

export interface AzureEnvironment {
  readonly location: AzureLocation;
  readonly settings: StoreSettings;
  readonly logger: Logger;
}

interface Account {
  /** The one that the location names, if empty. */
  readonly name: string;
  readonly key: string;
  readonly authType: string;
}

/** A client with the account's key, or without any for containers that anybody may read. */
export function makeContainerClient(
  { location, settings, logger }: AzureEnvironment,
  credential: Credential | undefined,
): ContainerClient {
  const account = accountOf(credential);
  if (account.authType !== '' && account.authType !== 'key') {
    throw new InferError(
      'UNSUPPORTED',
      `authentication type '${account.authType}' is not supported for ${location.url}; use 'key'`,
    );
  }
  const [hostAccount = ''] = location.host.split('.', 1);
  const name = account.name || hostAccount;
  const host = location.host.includes('.') ? location.host : `${name}.${SERVICE_DOMAIN}`;
  const service = settings.own.get('endpoint')?.replace(/\/+$/, '') ?? `https://${host}`;
  if (account.key === '')
    logger.info(`there is no account key; ${location.url} is read anonymously`);
  const identity =
    account.key === ''
      ? new AnonymousCredential()
      : new StorageSharedKeyCredential(name, account.key);
  return new ContainerClient(`${service}/${encodeURIComponent(location.container)}`, identity, {
    retryOptions: {
      retryPolicyType: StorageRetryPolicyType.EXPONENTIAL,
      maxTries: settings.maxAttempts,
      tryTimeoutInMs: settings.requestTimeoutMs,
      retryDelayInMs: FIRST_PAUSE_MS,
      maxRetryDelayInMs: MAX_PAUSE_MS,
    },
  });
}

function accountOf(credential: Credential | undefined): Account {
  if (credential === undefined) {
    return {
      name: process.env['AZURE_STORAGE_ACCOUNT'] ?? '',
      key: process.env['AZURE_STORAGE_KEY'] ?? '',
      authType: process.env['AZURE_STORAGE_AUTH_TYPE'] ?? '',
    };
  }
  const text = (member: string) => credentialText(credential.value, member) ?? '';
  return { name: text('account_str'), key: text('account_key'), authType: text('auth_type') };
}
