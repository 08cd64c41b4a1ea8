import type { Clock, LogFields, Logger, LogSettings } from '@nereid/core';

export interface ServerLoggerOptions {
  readonly settings: LogSettings;
  readonly clock: Clock;
}

/** The server's log: one writer, whose settings can change while it runs. */
export class ServerLogger implements Logger {
  constructor(options: ServerLoggerOptions) {
    throw new Error(`not written yet ${String(options)}`);
  }

  error(message: string, fields?: LogFields): void {
    throw new Error(`not written yet ${message} ${String(fields)}`);
  }

  warn(message: string, fields?: LogFields): void {
    throw new Error(`not written yet ${message} ${String(fields)}`);
  }

  info(message: string, fields?: LogFields): void {
    throw new Error(`not written yet ${message} ${String(fields)}`);
  }

  verbose(level: number, message: string, fields?: LogFields): void {
    throw new Error(`not written yet ${level} ${message} ${String(fields)}`);
  }

  child(component: string): Logger {
    throw new Error(`not written yet ${component}`);
  }

  settings(): LogSettings {
    throw new Error('not written yet');
  }

  /** Throws UNSUPPORTED for `logFile`. */
  update(change: Partial<LogSettings>): LogSettings {
    throw new Error(`not written yet ${String(change)}`);
  }

  /** Writes what is buffered. */
  close(): Promise<void> {
    throw new Error('not written yet');
  }
}
