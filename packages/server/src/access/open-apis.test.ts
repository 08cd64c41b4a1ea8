import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSettings } from '../check-settings.js';
import { parseFlags, UsageError } from '../flags/parse-flags.js';
import { settingsFromFlags } from '../settings-from-flags.js';
import { isLoopback, openApiWarnings } from './open-apis.js';

function settings(...words: string[]) {
  return settingsFromFlags(parseFlags(['--model-repository=/models', ...words]));
}

test('knows the addresses that only this machine reaches', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert(isLoopback(address));
  for (const address of ['0.0.0.0', '::', '10.0.0.1', '127.example.org', '']) {
    assert(!isLoopback(address));
  }
});

test('warns of each front end that anybody may manage the server through', () => {
  const [http = '', grpc = '', ...rest] = openApiWarnings(settings());
  assert.match(http, /^anybody who reaches HTTP at 0\.0\.0\.0 may use model-repository, shared-/);
  assert.match(grpc, /^anybody who reaches gRPC at 0\.0\.0\.0 .* --grpc-restricted-protocol or/);
  assert.deepEqual(rest, []);
  assert.equal(openApiWarnings(settings('--allow-grpc=false')).length, 1);
});

test('does not warn of what is restricted, asks for tokens, or cannot be reached', () => {
  const loopback = ['--http-address=127.0.0.1', '--grpc-address=::1'];
  assert.deepEqual(openApiWarnings(settings(...loopback)), []);
  assert.deepEqual(openApiWarnings(settings('--auth-tokens-file=/tokens')), []);
  assert.deepEqual(openApiWarnings(settings('--secure')), []);
  const some = ['--allow-grpc=0', '--http-restricted-api=model-repository, trace:key=value'];
  assert.match(openApiWarnings(settings(...some)).join(), / may use shared-memory, logging;/);
  const rest = '--http-restricted-api=shared-memory,logging:other=value';
  assert.deepEqual(openApiWarnings(settings(...some, rest)), []);
});

test('a secure server stays on this machine, metrics too', () => {
  const { http, grpc, metrics } = settings('--secure');
  const addresses = [http, grpc, metrics].map((listener) =>
    listener === false ? '' : listener.address,
  );
  assert.deepEqual(addresses, ['127.0.0.1', '127.0.0.1', '127.0.0.1']);
  assert.doesNotThrow(() => checkSettings(settings('--secure')));
});

test('a secure server goes elsewhere only with encryption and tokens', () => {
  const elsewhere = ['--secure', '--http-address=0.0.0.0'];
  assert.throws(() => checkSettings(settings(...elsewhere)), {
    message: '--secure needs --http-use-ssl and --auth-tokens-file to listen on 0.0.0.0 (http)',
  });
  const tls = ['--http-use-ssl=1', '--http-server-cert=c', '--http-server-key=k'];
  assert.throws(() => checkSettings(settings(...elsewhere, ...tls)), UsageError);
  const tokens = '--auth-tokens-file=/tokens';
  assert.doesNotThrow(() => checkSettings(settings(...elsewhere, ...tls, tokens)));
});
