import { REASON_PHRASES } from './refusal.js';

/** Names and values, one after the other. */
export type HeaderFields = readonly string[];

export interface AnswerHead {
  readonly status: number;
  /** Neither `Date`, `Connection` nor fields of the framing, which the transport adds. */
  readonly fields: HeaderFields;
  /** The length of the body; `chunked`, or `close` where the end of the connection ends it. */
  readonly framing: number | 'chunked' | 'close' | 'none';
  /** Whether another request may follow. */
  readonly keepAlive: boolean;
  /** Clients of HTTP/1.0 have to be told that it may. */
  readonly minorVersion: 0 | 1;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Names and values that were found valid: answers have the same ones again and again. */
const validNames = new Set<string>();
const validValues = new Set<string>();
const MAX_VALID = 256;
const MAX_VALID_CHARACTERS = 128;

/**
 * A head as latin1 text, with the empty line at its end. Throws a TypeError for a field that would
 * break it: nothing of a request may become a line of the answer.
 */
export function formatAnswerHead(head: AnswerHead): string {
  const { status, fields, framing, keepAlive, minorVersion } = head;
  let text = `HTTP/1.1 ${status} ${REASON_PHRASES[status] ?? ''}\r\n`;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? '';
    const value = fields[index + 1] ?? '';
    if (!isValid(name, TOKEN, validNames) || !isValid(value, FIELD_VALUE, validValues)) {
      throw new TypeError(`the header field '${name}' of an answer is not valid`);
    }
    text += `${name}: ${value}\r\n`;
  }
  if (typeof framing === 'number') text += `Content-Length: ${framing}\r\n`;
  else if (framing === 'chunked') text += 'Transfer-Encoding: chunked\r\n';
  if (!keepAlive) text += 'Connection: close\r\n';
  else if (minorVersion === 0) text += 'Connection: keep-alive\r\n';
  return `${text}${dateLine()}\r\n`;
}

function isValid(text: string, pattern: RegExp, known: Set<string>): boolean {
  if (known.has(text)) return true;
  if (!pattern.test(text)) return false;
  if (known.size >= MAX_VALID) known.clear();
  if (text.length <= MAX_VALID_CHARACTERS) known.add(text);
  return true;
}

let dateText = '';

/** RFC 9110 (6.6.1) wants the date; its text is made once a second. */
function dateLine(): string {
  if (dateText === '') {
    const now = Date.now();
    dateText = `Date: ${new Date(now).toUTCString()}\r\n`;
    setTimeout(forgetDate, 1000 - (now % 1000)).unref();
  }
  return dateText;
}

function forgetDate(): void {
  dateText = '';
}
