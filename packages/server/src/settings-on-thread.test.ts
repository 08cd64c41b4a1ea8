import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingsOnThread } from './settings-on-thread.js';

test('threads share out what requests may take of the memory', () => {
  const values = new Map([
    ['max-bodies-size', '1000'],
    ['port', '8000'],
  ]);
  assert.deepEqual(
    settingsOnThread('http', values, 3),
    new Map([
      ['max-bodies-size', '333'],
      ['port', '8000'],
    ]),
  );
});

test('a limit that is left to the server is shared out, too', () => {
  const one = Number(settingsOnThread('grpc', new Map(), 1).get('max-messages-size'));
  const four = Number(settingsOnThread('grpc', new Map(), 4).get('max-messages-size'));
  assert.ok(one > 100e6);
  assert.equal(four, Math.floor(one / 4));
});
