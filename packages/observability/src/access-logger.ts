import type { AccessEntry, AccessLog, Clock } from '@nereid/core';
import { type AccessLogFormat, accessLine } from './access-line.js';
import { fileTarget, type LogTarget, LogWriter, stdoutTarget } from './log-writer.js';

export interface AccessLoggerOptions {
  readonly format: AccessLogFormat;
  /** A file to append to; empty for standard output. */
  readonly file: string;
  readonly clock: Clock;
  /** Takes the place of the file. */
  readonly target?: LogTarget;
}

/**
 * Writes the access log, in the background: no request waits for it. Lines that cannot be written
 * fast enough are dropped, and counted in a line of their own.
 */
export class AccessLogger implements AccessLog {
  readonly #format: AccessLogFormat;
  readonly #clock: Clock;
  readonly #writer: LogWriter;

  constructor({ format, file, clock, target }: AccessLoggerOptions) {
    this.#format = format;
    this.#clock = clock;
    this.#writer = new LogWriter(
      target ?? (file === '' ? stdoutTarget : fileTarget(file)),
      (count) => (format === 'json' ? `{"lost_lines":${count}}\n` : `# ${count} lines were lost\n`),
    );
  }

  write(entry: AccessEntry): void {
    this.#writer.write(accessLine(entry, this.#clock.wallTimeMs(), this.#format));
  }

  /** Writes what is buffered. */
  close(): Promise<void> {
    return this.#writer.drain();
  }
}
