import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isInferError, type LogSettings, systemClock } from '@nereid/core';
import { ServerLogger } from './server-logger.js';

const SETTINGS: LogSettings = {
  logFile: '',
  logInfo: true,
  logWarning: true,
  logError: true,
  logVerboseLevel: 0,
  logFormat: 'default',
};

function recordingLogger(settings: Partial<LogSettings> = {}) {
  const chunks: string[] = [];
  const logger = new ServerLogger({
    settings: { ...SETTINGS, ...settings },
    clock: systemClock,
    target: async (text) => {
      chunks.push(text);
    },
  });
  return { logger, chunks };
}

test('a level that is switched off is not written, also by children made before', async () => {
  const { logger, chunks } = recordingLogger();
  const child = logger.child('part');
  logger.update({ logInfo: false, logVerboseLevel: 2 });
  child.info('hidden');
  child.verbose(3, 'hidden too');
  child.verbose(2, 'shown');
  logger.error('also shown');
  await logger.close();
  const text = chunks.join('');
  assert.doesNotMatch(text, /hidden/);
  assert.match(text, /^I.* part\] "shown"\nE.* server\] "also shown"\n$/);
});

test('the format can change while it runs', async () => {
  const { logger, chunks } = recordingLogger();
  assert.equal(logger.update({ logFormat: 'json' }).logFormat, 'json');
  logger.warn('m');
  await logger.close();
  assert.equal(JSON.parse(chunks.join('')).level, 'warning');
});

test('refuses to move the log file', () => {
  const { logger } = recordingLogger();
  assert.throws(
    () => logger.update({ logFile: '/tmp/other' }),
    (error) => isInferError(error) && error.code === 'UNSUPPORTED',
  );
  assert.equal(logger.settings().logFile, '');
});

test('a failing target throws nothing, and the loss is reported when it works again', async () => {
  const chunks: string[] = [];
  let full = true;
  const logger = new ServerLogger({
    settings: SETTINGS,
    clock: systemClock,
    target: async (text) => {
      if (full) throw new Error('ENOSPC');
      chunks.push(text);
    },
  });
  logger.info('lost');
  await logger.close();
  full = false;
  logger.info('kept');
  await logger.close();
  logger.info('later');
  await logger.close();
  assert.match(chunks.join(''), /"kept"\nE.*"1 log entries were lost.*\n.*"later"\n$/);
});

test('a target that never finishes costs bounded memory', async () => {
  let written = 0;
  let release = () => {};
  const logger = new ServerLogger({
    settings: SETTINGS,
    clock: systemClock,
    target: (text) => {
      written += text.length;
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  });
  const message = 'x'.repeat(100_000);
  for (let i = 0; i < 100; i += 1) logger.info(message);
  release();
  await new Promise(setImmediate);
  assert.ok(written < 5_000_000, `${written} characters`);
});

test('writes to a file, and goes on in a new one when it was rotated away', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nereid-log-'));
  try {
    const logFile = join(directory, 'server.log');
    const logger = new ServerLogger({ settings: { ...SETTINGS, logFile }, clock: systemClock });
    logger.info('first');
    await logger.close();
    await rename(logFile, `${logFile}.1`);
    logger.info('second');
    await logger.close();
    assert.match(await readFile(`${logFile}.1`, 'utf8'), /first"\n$/);
    assert.match(await readFile(logFile, 'utf8'), /^[^\n]*second"\n$/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
