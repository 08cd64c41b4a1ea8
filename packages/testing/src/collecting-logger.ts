import type { LogFields, Logger } from '@nereid/core';

export interface LogLine {
  readonly level: 'error' | 'warn' | 'info' | 'verbose';
  readonly message: string;
  readonly fields: LogFields | undefined;
  readonly component: string;
}

/** Keeps what is logged; children write into the same list. */
export class CollectingLogger implements Logger {
  readonly lines: LogLine[];
  readonly #component: string;

  constructor(component = '', lines: LogLine[] = []) {
    this.#component = component;
    this.lines = lines;
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  verbose(_level: number, message: string, fields?: LogFields): void {
    this.#add('verbose', message, fields);
  }

  child(component: string): Logger {
    return new CollectingLogger(component, this.lines);
  }

  /** The messages of one level, in order. */
  messages(level: LogLine['level']): readonly string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }

  #add(level: LogLine['level'], message: string, fields: LogFields | undefined): void {
    this.lines.push({ level, message, fields, component: this.#component });
  }
}
