import type { LogFields, LogSettings } from '@nereid/core';

export type LogLevel = 'error' | 'warning' | 'info' | 'verbose';

/** One entry of the log, before it has a format. */
export interface LogEntry {
  readonly level: LogLevel;
  /** Milliseconds since 1970; its fraction shows as microseconds. */
  readonly timeMs: number;
  readonly processId: number;
  readonly component: string;
  readonly message: string;
  readonly fields?: LogFields | undefined;
  /** Several lines that go below the message as they are, such as a table. */
  readonly block?: string | undefined;
}

/** The letter that opens a line in Triton's formats; verbose lines share that of info. */
const SEVERITY = {
  error: 'E',
  warning: 'W',
  info: 'I',
  verbose: 'I',
} as const satisfies Record<LogLevel, string>;

/**
 * An entry as text, line feed included. `escapeMessage` quotes the message as a JSON string in the
 * text formats, so that one entry stays one line whatever a client put into it
 * (`TRITON_SERVER_ESCAPE_LOG_MESSAGES`).
 */
export function formatLogEntry(
  entry: LogEntry,
  format: LogSettings['logFormat'],
  escapeMessage: boolean,
): string {
  if (format === 'json') return jsonLine(entry);
  const prefix = format === 'default' ? defaultPrefix(entry) : iso8601Prefix(entry);
  const message =
    escapeMessage && entry.message !== '' ? JSON.stringify(entry.message) : entry.message;
  const block = entry.block === undefined ? '' : `\n${entry.block}\n`;
  const origin = `${prefix} ${entry.processId} ${entry.component}]`;
  return `${origin} ${message}${textFields(entry.fields)}${block}\n`;
}

/** `I0131 12:00:00.000000`; like Triton's, in UTC. */
function defaultPrefix({ level, timeMs }: LogEntry): string {
  const iso = new Date(timeMs).toISOString();
  const micros = String(Math.floor((timeMs * 1000) % 1000)).padStart(3, '0');
  return `${SEVERITY[level]}${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}${micros}`;
}

/** `2025-01-31T12:00:00Z I` */
function iso8601Prefix({ level, timeMs }: LogEntry): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z ${SEVERITY[level]}`;
}

function jsonLine({ timeMs, level, component, message, fields, block }: LogEntry): string {
  const time = new Date(timeMs).toISOString();
  return `${JSON.stringify({ time, level, component, message, fields, block })}\n`;
}

function textFields(fields: LogFields | undefined): string {
  if (!fields) return '';
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${textValue(value)}`)
    .join('');
}

/** A value is quoted when it could be mistaken for the end of itself. */
function textValue(value: unknown): string {
  const text = String(value);
  return /^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text);
}
