import { Storage, type StorageOptions } from '@google-cloud/storage';
import { InferError, type Logger } from '@nereid/core';
import type { Credential, StoreSettings } from '@nereid/store-kit';

const PUBLIC_ENDPOINT = 'https://storage.googleapis.com';
const MAX_PAUSE_SECONDS = 5;

/** Names of the settings that only this store has. */
export const GCS_SETTINGS = ['endpoint'];

export interface GcsEnvironment {
  readonly url: string;
  readonly settings: StoreSettings;
  readonly logger: Logger;
}

/**
 * A client with the key file that the credential names, or else with what the environment has: a
 * key file or the metadata service. Buckets that anybody may read need neither: without any,
 * requests carry no token.
 */
export async function makeGcsClient(
  { url, settings, logger }: GcsEnvironment,
  credential: Credential | undefined,
): Promise<Storage> {
  const options = storageOptions(settings);
  const endpoint = settings.own.get('endpoint');
  if (endpoint) return new Storage({ ...options, apiEndpoint: endpoint });
  const keyFilename = keyFile(credential);
  const storage = new Storage({ ...options, ...(keyFilename ? { keyFilename } : {}) });
  // Emulators ask for no token.
  if (process.env['STORAGE_EMULATOR_HOST']) return storage;
  try {
    await storage.authClient.getClient();
    return storage;
  } catch (error) {
    if (keyFilename || process.env['GOOGLE_APPLICATION_CREDENTIALS']) throw error;
    logger.info(`there are no Google credentials; ${url} is read anonymously`);
    // The SDK sends no token to an endpoint that is named.
    return new Storage({ ...options, apiEndpoint: PUBLIC_ENDPOINT });
  }
}

function storageOptions({ maxAttempts, requestTimeoutMs }: StoreSettings): StorageOptions {
  return {
    timeout: requestTimeoutMs,
    retryOptions: {
      autoRetry: true,
      maxRetries: maxAttempts - 1,
      maxRetryDelay: MAX_PAUSE_SECONDS,
      totalTimeout: (requestTimeoutMs / 1000) * maxAttempts,
    },
  };
}

/** An entry of the credential file is the path of a key file; an empty one stands for none. */
function keyFile(credential: Credential | undefined): string | undefined {
  if (credential === undefined) return undefined;
  if (typeof credential.value === 'string') return credential.value || undefined;
  throw new InferError(
    'INVALID_ARG',
    `the credential '${credential.name}' of gs must be the path of a key file`,
  );
}
