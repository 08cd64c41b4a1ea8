import type { AccessEntry, AccessLog, LogFields, Logger } from '@nereid/core';
import type { RemoteCalls } from './remote-calls.js';
import type { LogLevel } from './server-calls.js';

/** A logger whose lines the main thread writes. */
export function remoteLogger(calls: RemoteCalls, component: string): Logger {
  const log = (level: LogLevel | number, message: string, fields: LogFields | undefined) =>
    calls.notice('log', { level, component, message, fields });
  return {
    error: (message, fields) => log('error', message, fields),
    warn: (message, fields) => log('warn', message, fields),
    info: (message, fields) => log('info', message, fields),
    verbose: (level, message, fields) => log(level, message, fields),
    child: (name) => remoteLogger(calls, name),
  };
}

/** Entries leave together, since each message costs the main thread something. */
export class RemoteAccessLog implements AccessLog {
  readonly #calls: RemoteCalls;
  #entries: AccessEntry[] = [];

  constructor(calls: RemoteCalls) {
    this.#calls = calls;
  }

  write(entry: AccessEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length === 1) setImmediate(() => this.#send());
  }

  #send(): void {
    const entries = this.#entries;
    this.#entries = [];
    this.#calls.notice('access', entries);
  }
}
