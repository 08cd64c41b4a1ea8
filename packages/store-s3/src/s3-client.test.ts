import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLogger } from '@nereid/core';
import { type Credential, parseStoreSettings } from '@nereid/store-kit';
import { makeS3Client, S3_SETTINGS } from './s3-client.js';
import { parseS3Location } from './s3-location.js';

const KEYS = { key_id: 'id', secret_key: 'secret' };
/** The file has nothing for the location. */
const NO_ENTRY = {};
const variables = { ...process.env };

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('AWS_')) delete process.env[name];
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  process.env['AWS_CONFIG_FILE'] = '/nonexistent';
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent';
});
afterEach(() => {
  process.env = { ...variables };
});

function makeClient(
  location: string,
  settings: Readonly<Record<string, string>> = {},
  value: object = KEYS,
) {
  const options = { scheme: 's3', ownNames: S3_SETTINGS, mountDirectory: undefined };
  const environment = {
    location: parseS3Location(location),
    settings: parseStoreSettings(new Map(Object.entries(settings)), options),
    logger: silentLogger,
  };
  const credential: Credential = { name: '', value };
  return makeS3Client(environment, value === NO_ENTRY ? undefined : credential);
}

test('the region comes from the credential, the settings or the environment', async () => {
  const regionOf = async (...args: Parameters<typeof makeClient>) =>
    (await makeClient(...args)).config.region();
  assert.equal(await regionOf('s3://b'), 'us-east-1');
  process.env['AWS_DEFAULT_REGION'] = 'eu-west-1';
  assert.equal(await regionOf('s3://b'), 'eu-west-1');
  process.env['AWS_REGION'] = 'eu-west-2';
  assert.equal(await regionOf('s3://b'), 'eu-west-2');
  assert.equal(await regionOf('s3://b', { region: 'eu-west-3' }), 'eu-west-3');
  const credential = { ...KEYS, region: 'eu-west-4' };
  assert.equal(await regionOf('s3://b', { region: 'eu-west-3' }, credential), 'eu-west-4');
});

test('the bucket goes into the path where there is a host, unless told otherwise', async () => {
  const usesPath = async (location: string, settings = {}) =>
    (await makeClient(location, settings)).config.forcePathStyle;
  assert.equal(await usesPath('s3://b'), false);
  assert.equal(await usesPath('s3://h:1/b'), true);
  assert.equal(await usesPath('s3://h:1/b', { addressing_style: 'virtual' }), false);
  assert.equal(await usesPath('s3://b', { addressing_style: 'path' }), true);
  await assert.rejects(usesPath('s3://b', { addressing_style: 'auto' }), /'path' or 'virtual'/);
});

test('the credential of the file comes before the environment', async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'environment';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
  const idOf = async (value: object) =>
    (await (await makeClient('s3://b', {}, value)).config.credentials()).accessKeyId;
  assert.equal(await idOf(KEYS), 'id');
  assert.equal(await idOf({ key_id: '', secret_key: '' }), 'environment');
  assert.equal(await idOf(NO_ENTRY), 'environment');
});

test('a profile that does not exist is an error, not anonymity', async () => {
  process.env['AWS_PROFILE'] = 'nobody';
  await assert.rejects(makeClient('s3://b', {}, NO_ENTRY), { name: 'CredentialsProviderError' });
  delete process.env['AWS_PROFILE'];
  await assert.rejects(makeClient('s3://b', {}, { profile: 'nobody' }), {
    name: 'CredentialsProviderError',
  });
});

test('without any credentials the client signs nothing', async () => {
  const client = await makeClient('s3://b', {}, NO_ENTRY);
  assert.equal((await client.config.credentials()).accessKeyId, '');
});
