import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAzureLocation } from './azure-location.js';

test('reads a location with and without a path', () => {
  assert.deepEqual(parseAzureLocation('as://account/container'), {
    host: 'account',
    container: 'container',
    prefix: '',
    url: 'as://account/container',
  });
  assert.deepEqual(parseAzureLocation('as://a.blob.core.windows.net/c//x/y/'), {
    host: 'a.blob.core.windows.net',
    container: 'c',
    prefix: 'x/y/',
    url: 'as://a.blob.core.windows.net/c/x/y',
  });
});

test('refuses a location without a container, and one with a secret, without repeating it', () => {
  for (const location of ['as://', 'as://account', 'as://a/c?sig=geheim', 'as://u:geheim@a/c']) {
    assert.throws(
      () => parseAzureLocation(location),
      ({ message }: Error) => /an Azure location is/.test(message) && !message.includes('geheim'),
    );
  }
});
