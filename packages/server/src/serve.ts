import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { PluginError, systemClock } from '@nereid/core';
import { ServerLogger } from '@nereid/observability';
import { assembleServer } from './create-server.js';
import { FLAG_TABLE } from './flags/flag-table.js';
import type { FlagValues } from './flags/flag-values.js';
import { parseFlags, UsageError } from './flags/parse-flags.js';
import { HeapTrimmer, threadHeapSize } from './heap-trimmer.js';
import { MemoryReclaimer, processMemory } from './memory-reclaimer.js';
import type { NereidServer } from './nereid-server.js';
import { settingsFromFlags } from './settings-from-flags.js';

/** Time for closing files and threads after the exit timeout; whatever hangs longer is cut off. */
const EXTRA_EXIT_MS = 1000;

/**
 * Runs the server of a command line until a signal ends it. Resolves with the exit code; the log is
 * written by then. Rejects with a UsageError for a command line that cannot be used.
 */
export async function serve(words: readonly string[]): Promise<number> {
  const flags = parseFlags(words);
  const settings = settingsFromFlags(flags, process.env);
  const logger = new ServerLogger({
    settings: settings.log,
    clock: systemClock,
    escapeMessages: process.env['TRITON_SERVER_ESCAPE_LOG_MESSAGES'] !== '0',
  });
  warnOfFlags(flags, logger);
  logFaults(logger);
  const signal = nextSignal();
  leaveCoresToModels();
  const memory = processMemory();
  const reclaimer = new MemoryReclaimer({ clock: systemClock, ...memory });
  const trimmer = new HeapTrimmer({ clock: systemClock, heapSize: threadHeapSize, ...memory });
  reclaimer.start();
  trimmer.start();
  try {
    const threadSetup = new URL('./front-thread-setup.js', import.meta.url).href;
    const server = await assembleServer(settings, logger, threadSetup);
    return await runUntil(signal, server, { logger, exitTimeoutSecs: settings.exitTimeoutSecs });
  } catch (error) {
    if (error instanceof UsageError) throw error;
    logger.error(error instanceof PluginError ? error.message : describeFault(error));
    return 1;
  } finally {
    reclaimer.stop();
    trimmer.stop();
    await logger.close();
  }
}

/**
 * V8 leaves parts of a garbage collection to helper threads. Beside models that keep all cores
 * busy, those of the young generation spin while they wait for each other, and the one that frees
 * buffers comes so late that V8 takes the memory for used, and collects the whole heap again and
 * again.
 */
function leaveCoresToModels(): void {
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
}

interface RunOptions {
  readonly logger: ServerLogger;
  readonly exitTimeoutSecs: number;
}

async function runUntil(
  signal: Promise<NodeJS.Signals>,
  server: NereidServer,
  { logger, exitTimeoutSecs }: RunOptions,
): Promise<number> {
  const stop = () => stopWithin(server, exitTimeoutSecs * 1000 + EXTRA_EXIT_MS);
  try {
    // A signal need not wait until all models are loaded.
    await Promise.race([server.start(), signal]);
  } catch (error) {
    logger.error(error instanceof Error ? error.message : String(error));
    await stop();
    return 1;
  }
  logger.info(`Signal (${await signal}) received.`);
  if (await stop()) return 0;
  logger.error('Exit timeout expired. Exiting immediately.');
  return 1;
}

function stopWithin(server: NereidServer, limitMs: number): Promise<boolean> {
  return Promise.race([server.stop(), sleep(limitMs, false, { ref: false })]);
}

/** Later signals find the handlers in place and are ignored, as Triton does. */
function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve);
    process.on('SIGTERM', resolve);
  });
}

/**
 * No request may take the server down: a fault that nobody caught belongs to one request or one
 * plugin, whose state is lost, while the others are untouched.
 */
function logFaults(logger: ServerLogger): void {
  const log = (fault: unknown) => logger.error(`nobody caught: ${describeFault(fault)}`);
  process.on('uncaughtException', log);
  process.on('unhandledRejection', log);
}

function describeFault(fault: unknown): string {
  return fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
}

function warnOfFlags(flags: FlagValues, logger: ServerLogger): void {
  for (const name of flags.givenNames()) {
    const { noEffect, replacedBy } = FLAG_TABLE.get(name) ?? {};
    if (noEffect !== undefined) logger.warn(`--${name} has no effect: ${noEffect}`);
    if (replacedBy === undefined) continue;
    logger.warn(
      `'--${name}' has been deprecated and will be removed in future releases. ` +
        `Please use '${replacedBy}' instead, which it does not override.`,
    );
  }
}
