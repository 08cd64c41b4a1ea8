import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { InferError, type Logger } from '@nereid/core';
import { type Credential, credentialText, type StoreSettings } from '@nereid/store-kit';
import type { S3Location } from './s3-location.js';

const DEFAULT_REGION = 'us-east-1';

export interface S3Environment {
  readonly location: S3Location;
  readonly settings: StoreSettings;
  readonly logger: Logger;
}

/** Names of the settings that only this store has. */
export const S3_SETTINGS = ['endpoint', 'region', 'addressing_style'];

/**
 * A client as the credential, the settings and the environment ask for. Buckets that anybody may
 * read need no credentials: without any, requests are not signed.
 */
export async function makeS3Client(
  environment: S3Environment,
  credential: Credential | undefined,
): Promise<S3Client> {
  const { location, logger } = environment;
  const config = clientConfig(environment, credential);
  const client = new S3Client(config);
  const region = await regionOf(client);
  const signed = await hasCredentials(client, config.profile ?? process.env['AWS_PROFILE']);
  if (!signed) logger.info(`there are no AWS credentials; ${location.url} is read anonymously`);
  if (signed && region === config.region) return client;
  client.destroy();
  return new S3Client({ ...config, region, ...(signed ? {} : UNSIGNED) });
}

function clientConfig(
  { location, settings }: S3Environment,
  credential: Credential | undefined,
): S3ClientConfig {
  const { maxAttempts, requestTimeoutMs } = settings;
  const { endpoint } = location;
  const region =
    credentialText(credential?.value, 'region') ??
    settings.own.get('region') ??
    (process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION']);
  return {
    maxAttempts,
    // Other servers seldom have a name for each bucket.
    forcePathStyle: usesPaths(settings, endpoint),
    // A bucket tells where it is when it is asked for at the wrong place.
    followRegionRedirects: endpoint === undefined,
    requestHandler: {
      connectionTimeout: Math.min(requestTimeoutMs, 10_000),
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
    ...identity(credential),
  };
}

function usesPaths({ own }: StoreSettings, endpoint: string | undefined): boolean {
  const style = own.get('addressing_style') ?? (endpoint === undefined ? 'virtual' : 'path');
  if (style === 'path' || style === 'virtual') return style === 'path';
  throw new InferError(
    'INVALID_ARG',
    `--store-config s3: addressing_style is 'path' or 'virtual', not '${style}'`,
  );
}

/** An entry without a key pair names a profile, or leaves it to the environment, as in Triton. */
function identity(credential: Credential | undefined): S3ClientConfig {
  const text = (member: string) => credentialText(credential?.value, member);
  const [accessKeyId, secretAccessKey] = [text('key_id'), text('secret_key')];
  const [sessionToken, profile] = [text('session_token'), text('profile')];
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return {
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
    };
  }
  return profile === undefined ? {} : { profile };
}

/** The SDK looks into the environment and the profile. */
async function regionOf(client: S3Client): Promise<string> {
  return client.config.region().catch(() => DEFAULT_REGION);
}

async function hasCredentials(client: S3Client, profile: string | undefined): Promise<boolean> {
  try {
    await client.config.credentials();
    return true;
  } catch (error) {
    // Somebody who names a profile or a token wants its credentials, and must hear why they fail.
    const wanted = profile || process.env['AWS_WEB_IDENTITY_TOKEN_FILE'];
    if (wanted || (error as Error).name !== 'CredentialsProviderError') throw error;
    return false;
  }
}

const UNSIGNED = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: <T>(request: T) => Promise.resolve(request) },
} as const;
