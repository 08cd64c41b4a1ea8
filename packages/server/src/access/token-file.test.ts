import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiCategory } from '@nereid/core';
import { parseTokenFile } from './token-file.js';
import { decideAccess, tokenDigest } from './token-table.js';

const CLIENT = 'client-token-0123456789';
const ADMIN = 'admin-token-0123456789';

const LINES = `
# Who may do what.
anonymous health
${CLIENT} inference,metadata
  ${ADMIN}\tall
`;

const JSON_TEXT = JSON.stringify({
  anonymous: ['health'],
  tokens: [
    { name: 'client', token: CLIENT, apis: ['inference', 'metadata'] },
    { token: ADMIN, apis: 'all' },
  ],
});

for (const [form, text] of [
  ['lines', LINES],
  ['JSON', JSON_TEXT],
] as const) {
  test(`tokens in ${form} grant what they say`, () => {
    const table = parseTokenFile(text);
    const decide = (token: string | undefined, category: ApiCategory) =>
      decideAccess(table, token, category);
    assert.equal(decide(undefined, 'health'), 'granted');
    assert.equal(decide(undefined, 'inference'), 'unauthenticated');
    assert.equal(decide(CLIENT, 'inference'), 'granted');
    assert.equal(decide(CLIENT, 'model-repository'), 'forbidden');
    assert.equal(decide(CLIENT, 'health'), 'granted');
    assert.equal(decide(ADMIN, 'model-repository'), 'granted');
    assert.equal(decide(`${ADMIN}x`, 'model-repository'), 'unauthenticated');
    assert.equal(decide('', 'inference'), 'unauthenticated');
  });
}

test('a token may be given as its digest, which is no token itself', () => {
  const digest = `sha256:${tokenDigest(CLIENT).toString('hex')}`;
  const table = parseTokenFile(`${digest} inference\n`);
  assert.equal(decideAccess(table, CLIENT, 'inference'), 'granted');
  assert.equal(decideAccess(table, digest, 'inference'), 'unauthenticated');
});

const refused: readonly [string, RegExp][] = [
  ['', /there is no token in it/],
  ['anonymous health', /there is no token in it/],
  [`${CLIENT}`, /^line 1: a line is a token, a blank and the APIs/],
  [`\n${CLIENT} inference metadata`, /^line 2: a line is a token/],
  [`${CLIENT} infer`, /^line 1: no API is called 'infer'; there are health, metadata/],
  ['short inference', /^line 1: a token needs at least 16 characters/],
  [`${CLIENT}ü inference`, /^line 1: a token has no blanks, and only ASCII/],
  [`${CLIENT} health\n${CLIENT} all`, /^line 2: the token occurs twice/],
  [`{"tokens":[{"token":"${CLIENT}","apis":[}]}`, /it is no JSON, although it begins with a brace/],
  ['{"tokens":{}}', /"tokens" has to be a list/],
  [`{"tokens":[{"token":"${CLIENT}"}]}`, /^token 1: "apis" has to be "all" or a list/],
  [`{"tokens":[{"token":5,"apis":"all"}]}`, /^token 1: "token" has to be a text/],
  [`{"tokens":[{"tokne":"${CLIENT}"}]}`, /^token 1: "tokne" is unknown; there are name, token/],
  ['{"users":[]}', /"users" is unknown; there are anonymous, tokens/],
];

for (const [index, [text, expected]] of refused.entries()) {
  test(`refuses a file that cannot be meant, ${index + 1}: ${expected.source}`, () => {
    assert.throws(
      () => parseTokenFile(text),
      (error) => {
        assert(error instanceof Error);
        assert.match(error.message, expected);
        assert(!error.message.includes(CLIENT), 'the message shows a token');
        return true;
      },
    );
  });
}
