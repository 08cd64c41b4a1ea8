import { formatWithOptions } from 'node:util';
import type { LogLevel } from './thread-protocol.js';

const LEVELS = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  log: 'info',
  debug: 'verbose',
  trace: 'verbose',
} as const satisfies Partial<Record<keyof Console, LogLevel>>;

/** A model that logs a tensor must not fill the log; the rest of a longer text is dropped. */
const MAX_TEXT_LENGTH = 16_384;

/** Makes the console of this thread write through `write`, so that the lines keep their level. */
export function forwardConsole(write: (level: LogLevel, text: string) => void): void {
  for (const [method, level] of Object.entries(LEVELS)) {
    Reflect.set(globalThis.console, method, (...values: unknown[]) => {
      const text = formatWithOptions({ colors: false }, ...values);
      write(level, text.slice(0, MAX_TEXT_LENGTH));
    });
  }
}
