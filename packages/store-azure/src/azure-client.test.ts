import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { silentLogger } from '@nereid/core';
import { type Credential, parseStoreSettings } from '@nereid/store-kit';
import { AZURE_SETTINGS, makeContainerClient } from './azure-client.js';
import { parseAzureLocation } from './azure-location.js';

const KEY = Buffer.from('key').toString('base64');
const variables = { ...process.env };

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (name.startsWith('AZURE_')) delete process.env[name];
});
afterEach(() => {
  process.env = { ...variables };
});

function makeClient(
  location: string,
  settings: Readonly<Record<string, string>> = {},
  credential?: Credential,
) {
  const options = { scheme: 'as', ownNames: AZURE_SETTINGS, mountDirectory: undefined };
  const environment = {
    location: parseAzureLocation(location),
    settings: parseStoreSettings(new Map(Object.entries(settings)), options),
    logger: silentLogger,
  };
  return makeContainerClient(environment, credential);
}

test('goes to the account of the location, or to the host that it names', () => {
  assert.equal(makeClient('as://a/c/x').url, 'https://a.blob.core.windows.net/c');
  const china = 'as://a.blob.core.chinacloudapi.cn/c';
  assert.equal(makeClient(china).url, 'https://a.blob.core.chinacloudapi.cn/c');
  const endpoint = 'http://127.0.0.1:10000/a/';
  assert.equal(makeClient('as://a/c', { endpoint }).url, 'http://127.0.0.1:10000/a/c');
});

test("an account of the credential takes the place of the location's, as in Triton", () => {
  process.env['AZURE_STORAGE_ACCOUNT'] = 'env';
  process.env['AZURE_STORAGE_KEY'] = KEY;
  assert.equal(makeClient('as://a/c').accountName, 'env');
  assert.equal(makeClient('as://a/c').url, 'https://env.blob.core.windows.net/c');
  const value = { account_str: 'file', account_key: KEY };
  assert.equal(makeClient('as://a/c', {}, { name: '', value }).accountName, 'file');
});

test('refuses other types of authentication', () => {
  process.env['AZURE_STORAGE_AUTH_TYPE'] = 'managed_identity';
  assert.throws(() => makeClient('as://a/c'), {
    code: 'UNSUPPORTED',
    message: /'managed_identity' is not supported for as:\/\/a\/c; use 'key'/,
  });
  process.env['AZURE_STORAGE_AUTH_TYPE'] = 'key';
  assert.doesNotThrow(() => makeClient('as://a/c'));
});
