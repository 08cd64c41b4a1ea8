import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@nereid/core';
import { type Credential, parseStoreSettings } from '@nereid/store-kit';
import { GCS_SETTINGS, makeGcsClient } from './gcs-client.js';

function makeClient(settings: Readonly<Record<string, string>>, credential?: Credential) {
  const options = { scheme: 'gs', ownNames: GCS_SETTINGS, mountDirectory: undefined };
  const parsed = parseStoreSettings(new Map(Object.entries(settings)), options);
  const environment = { url: 'gs://b', settings: parsed, logger: silentLogger };
  return makeGcsClient(environment, credential);
}

test('asks another server when told to', async () => {
  const { apiEndpoint } = await makeClient({ endpoint: 'http://127.0.0.1:4443' });
  assert.equal(apiEndpoint, 'http://127.0.0.1:4443');
});

test('the credential file must name a key file, which must be there', async () => {
  await assert.rejects(makeClient({}, { name: 'gs://b', value: { key: 'x' } }), {
    message: "the credential 'gs://b' of gs must be the path of a key file",
  });
  await assert.rejects(makeClient({}, { name: '', value: '/nonexistent/key.json' }), /nonexistent/);
});
