import {
  type Clock,
  InferError,
  type LogFields,
  type Logger,
  type LogSettings,
} from '@nereid/core';
import { formatLogEntry, type LogEntry, type LogLevel } from './log-line.js';
import { fileTarget, type LogTarget, LogWriter, stderrTarget } from './log-writer.js';

export interface ServerLoggerOptions {
  readonly settings: LogSettings;
  readonly clock: Clock;
  /** Quotes messages in the text formats; true when absent. */
  readonly escapeMessages?: boolean;
  /** Where the log goes; by default the settings' file, or standard error without one. */
  readonly target?: LogTarget;
}

const ROOT_COMPONENT = 'server';

/** The server's log: one writer, whose settings can change while it runs. */
export class ServerLogger implements Logger {
  readonly #clock: Clock;
  readonly #escape: boolean;
  readonly #writer: LogWriter;
  #settings: LogSettings;

  constructor(options: ServerLoggerOptions) {
    const { settings } = options;
    const target = settings.logFile === '' ? stderrTarget : fileTarget(settings.logFile);
    this.#clock = options.clock;
    this.#escape = options.escapeMessages ?? true;
    this.#settings = settings;
    this.#writer = new LogWriter(options.target ?? target, (count) =>
      this.#format({
        level: 'error',
        component: ROOT_COMPONENT,
        message: `${count} log entries were lost: the log could not be written, or not fast enough`,
      }),
    );
  }

  error(message: string, fields?: LogFields): void {
    this.#log({ level: 'error', component: ROOT_COMPONENT, message, fields });
  }

  warn(message: string, fields?: LogFields): void {
    this.#log({ level: 'warning', component: ROOT_COMPONENT, message, fields });
  }

  info(message: string, fields?: LogFields): void {
    this.#log({ level: 'info', component: ROOT_COMPONENT, message, fields });
  }

  verbose(level: number, message: string, fields?: LogFields): void {
    if (level > this.#settings.logVerboseLevel) return;
    this.#log({ level: 'verbose', component: ROOT_COMPONENT, message, fields });
  }

  /** Writes several lines at info level below `heading`, unescaped: a table. */
  block(heading: string, text: string): void {
    this.#log({ level: 'info', component: ROOT_COMPONENT, message: heading, block: text });
  }

  child(component: string): Logger {
    const log = (level: LogLevel) => (message: string, fields?: LogFields) =>
      this.#log({ level, component, message, fields });
    const verbose = log('verbose');
    return {
      error: log('error'),
      warn: log('warning'),
      info: log('info'),
      verbose: (level, message, fields) => {
        if (level <= this.#settings.logVerboseLevel) verbose(message, fields);
      },
      child: (name) => this.child(name),
    };
  }

  settings(): LogSettings {
    return this.#settings;
  }

  /** Throws UNSUPPORTED for `logFile`. */
  update(change: Partial<LogSettings>): LogSettings {
    if (change.logFile !== undefined) {
      throw new InferError(
        'UNSUPPORTED',
        'log file location can not be updated through network protocol',
      );
    }
    this.#settings = { ...this.#settings, ...change };
    return this.#settings;
  }

  /** Writes what is buffered. */
  close(): Promise<void> {
    return this.#writer.drain();
  }

  #log(entry: Omit<LogEntry, 'timeMs' | 'processId'>): void {
    if (this.#isOn(entry.level)) this.#writer.write(this.#format(entry));
  }

  #format(entry: Omit<LogEntry, 'timeMs' | 'processId'>): string {
    const complete = { ...entry, timeMs: this.#clock.wallTimeMs(), processId: process.pid };
    return formatLogEntry(complete, this.#settings.logFormat, this.#escape);
  }

  #isOn(level: LogLevel): boolean {
    switch (level) {
      case 'error':
        return this.#settings.logError;
      case 'warning':
        return this.#settings.logWarning;
      case 'info':
        return this.#settings.logInfo;
      case 'verbose':
        return true;
    }
  }
}
