import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAG_GROUPS } from './flag.js';
import { FLAG_TABLE } from './flag-table.js';
import { parseFlags, UsageError } from './parse-flags.js';
import { usageText } from './usage.js';

function refuses(words: readonly string[], message: RegExp): void {
  assert.throws(
    () => parseFlags(words),
    (error) => error instanceof UsageError && message.test(error.message),
  );
}

test('takes a value after an equals sign or as the next word', () => {
  const flags = parseFlags(['--http-port=1', '--grpc-port', '2', '--id=a=b']);
  assert.equal(flags.integer('http-port'), 1);
  assert.equal(flags.integer('grpc-port'), 2);
  assert.equal(flags.text('id'), 'a=b');
});

test('the last value wins, and a repeatable flag keeps all', () => {
  const flags = parseFlags(['--http-port=1', '--http-port=2', '--load-model=a', '--load-model=b']);
  assert.equal(flags.integer('http-port'), 2);
  assert.deepEqual(flags.all('load-model'), ['a', 'b']);
});

test('what is not given has its default', () => {
  const flags = parseFlags([]);
  assert.equal(flags.integer('http-port'), 8000);
  assert.equal(flags.boolean('exit-on-error'), true);
  assert.deepEqual(flags.all('load-model'), []);
  assert.equal(flags.isGiven('http-port'), false);
});

test('booleans are true, false, 1 or 0 in any case', () => {
  for (const [word, value] of [
    ['TRUE', true],
    ['1', true],
    ['False', false],
    ['0', false],
  ] as const) {
    assert.equal(parseFlags([`--allow-http=${word}`]).boolean('allow-http'), value);
  }
  refuses(
    ['--allow-http=maybe'],
    /^Bad option: "--allow-http".\ninvalid value for bool option: maybe$/,
  );
});

test('a switch needs no value and does not swallow the next word', () => {
  const flags = parseFlags(['--disable-auto-complete-config', '--id=x']);
  assert.equal(flags.boolean('disable-auto-complete-config'), true);
  assert.equal(flags.text('id'), 'x');
});

test('verbosity is a number or a boolean', () => {
  assert.equal(parseFlags(['--log-verbose=3']).integer('log-verbose'), 3);
  assert.equal(parseFlags(['--log-verbose=true']).integer('log-verbose'), 1);
  refuses(['--log-verbose=loud'], /Got loud/);
});

test('a unique prefix stands for its flag, an ambiguous one is refused', () => {
  assert.equal(parseFlags(['--exit-t=3']).integer('exit-timeout-secs'), 3);
  assert.equal(parseFlags(['--id=x']).text('id'), 'x');
  refuses(['--exit=3'], /ambiguous.*--exit-timeout-secs, --exit-on-error/);
});

test('names the nearest flag to an unknown one', () => {
  refuses(
    ['--model-controll-mode=poll'],
    /'--model-controll-mode'.*nearest one is --model-control-mode/,
  );
});

test('refuses numbers out of range, words that are no choice, and missing values', () => {
  refuses(['--http-port=abc'], /^Bad option: "--http-port".\nInvalid option value. Got abc$/);
  refuses(['--http-port=70000'], /the most is 65535/);
  refuses(['--http-max-input-size=0'], /the least is 1/);
  refuses(['--model-control-mode=magic'], /expected one of none, poll, explicit/);
  refuses(['--http-port'], /requires an argument/);
});

test('refuses words that are no flags', () => {
  refuses(['--id=x', 'word'], /^Unexpected argument: word$/);
  refuses(['--', 'word'], /^Unexpected argument: word$/);
});

/** Flags that Triton does not have. */
const OWN_FLAGS = [
  'frontend-threads',
  'http-max-bodies-size',
  'plugin-directory',
  'repoagent-config',
  'store-config',
  'http-transport',
  'grpc-transport',
  'grpc-max-inflated-size',
  'grpc-max-messages-size',
  'auth-tokens-file',
  'secure',
  'access-log',
  'access-log-file',
  ...['http', 'metrics'].flatMap((name) => [
    `${name}-use-ssl`,
    `${name}-use-ssl-mutual`,
    `${name}-server-cert`,
    `${name}-server-key`,
    `${name}-root-cert`,
  ]),
];

test('the table has the flags of Triton, each with a group, help and a default of its type', () => {
  // Triton's 90 without --help, and its later --allow-client-shm.
  assert.equal(FLAG_TABLE.size - OWN_FLAGS.length, 90);
  for (const name of OWN_FLAGS) assert.ok(FLAG_TABLE.has(name), name);
  for (const flag of FLAG_TABLE.values()) {
    assert.ok(FLAG_GROUPS.includes(flag.group), flag.name);
    assert.match(flag.help, /\.$/, flag.name);
    const value = flag.default;
    if (value !== undefined) assert.doesNotThrow(() => parseFlags([`--${flag.name}=${value}`]));
  }
});

test('help lists every flag within 88 columns', () => {
  const commands = [{ usage: 'encrypt-model SOURCE', summary: 'write an encrypted copy' }];
  const text = usageText(commands);
  assert.match(text, /nereid encrypt-model SOURCE\n +write an encrypted copy\n/);
  for (const name of FLAG_TABLE.keys()) assert.ok(text.includes(`  --${name}`), name);
  const longest = text.split('\n').filter((line) => line.length > 88 && !line.startsWith('  --'));
  assert.deepEqual(longest, []);
});
