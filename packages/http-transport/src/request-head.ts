import { type Refusal, refusal } from './refusal.js';

/** What the head of a request says. The same for the same bytes, so that it can be kept. */
export interface RequestHead {
  readonly method: string;
  /** As received. */
  readonly target: string;
  /** Of HTTP/1; anything above 1 counts as 1, as RFC 9110 (2.5) wants. */
  readonly minorVersion: 0 | 1;
  /** Names and values, one after the other, as received, without the space around values. */
  readonly fields: readonly string[];
  /** The first value of each field, by its name in lower case. */
  readonly values: ReadonlyMap<string, string>;
  readonly framing: BodyFraming;
  /** Whether another request may follow on the connection. */
  readonly keepAlive: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** How the end of the body is found; a length of 0 means that there is none. */
export type BodyFraming =
  | { readonly kind: 'length'; readonly sizeBytes: number }
  | { readonly kind: 'chunked' };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const VERSION = / HTTP\/\d/;
/** RFC 9110 (5.5): visible characters, space, tab and obs-text. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;

/**
 * Reads a head, given as latin1 text without the empty line at its end. Refuses whatever another
 * implementation could read in another way: whoever sits between it and the client would see other
 * requests on the connection than this server.
 */
export function parseRequestHead(text: string, maxFields: number): RequestHead | Refusal {
  const lines = text.split('\r\n');
  const start = REQUEST_LINE.exec(lines[0] ?? '');
  if (!start) return malformedLine(lines[0] ?? '');
  const [, method = '', target = '', major, minor] = start;
  if (major !== '1') return refusal(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here');
  if (lines.length - 1 > maxFields) return refusal(431, `more than ${maxFields} header fields`);
  const fields = parseFields(lines, 1);
  if ('status' in fields) return fields;
  return withMeaning({ method, target, minorVersion: minor === '0' ? 0 : 1, fields });
}

function malformedLine(line: string): Refusal {
  return { ...refusal(400, 'the request line is malformed'), alien: !VERSION.test(line) };
}

/** The fields in the lines from `first` on. Also for those of a trailer. */
export function parseFields(lines: readonly string[], first: number): readonly string[] | Refusal {
  const fields: string[] = [];
  for (let index = first; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    const value = trimBlanks(line, colon + 1);
    if (!TOKEN.test(name)) return refusal(400, 'a header field has no valid name');
    if (!FIELD_VALUE.test(value)) return refusal(400, 'a header field has control characters');
    fields.push(name, value);
  }
  return fields;
}

type Unframed = Pick<RequestHead, 'method' | 'target' | 'minorVersion' | 'fields'>;

interface SpecialFields {
  length: string | undefined;
  coding: string | undefined;
  connection: string;
  expect: string | undefined;
  hosts: number;
  readonly values: Map<string, string>;
}

function withMeaning(head: Unframed): RequestHead | Refusal {
  const special = findSpecialFields(head.fields);
  if ('status' in special) return special;
  if (special.hosts > 1) return refusal(400, 'more than one Host');
  const framing = framingOf(special, head.minorVersion);
  if ('status' in framing) return framing;
  const options = special.connection
    .toLowerCase()
    .split(',')
    .map((option) => option.trim());
  const close = options.includes('close');
  const keepAlive = head.minorVersion === 1 ? !close : !close && options.includes('keep-alive');
  const expectation = special.expect?.toLowerCase();
  if (expectation !== undefined && expectation !== '100-continue') {
    return refusal(417, 'the expectation is not known');
  }
  const expectsContinue = expectation !== undefined && head.minorVersion === 1;
  const { method, target, minorVersion, fields } = head;
  const { values } = special;
  return { method, target, minorVersion, fields, values, framing, keepAlive, expectsContinue };
}

function findSpecialFields(fields: readonly string[]): SpecialFields | Refusal {
  const found: SpecialFields = {
    length: undefined,
    coding: undefined,
    connection: '',
    expect: undefined,
    hosts: 0,
    values: new Map(),
  };
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index]?.toLowerCase() ?? '';
    const value = fields[index + 1] ?? '';
    if (!found.values.has(name)) found.values.set(name, value);
    switch (name) {
      case 'content-length':
        if (found.length !== undefined) return refusal(400, 'more than one Content-Length');
        found.length = value;
        break;
      case 'transfer-encoding':
        if (found.coding !== undefined) return refusal(400, 'more than one Transfer-Encoding');
        found.coding = value;
        break;
      case 'connection':
        found.connection += `,${value}`;
        break;
      case 'expect':
        found.expect = value;
        break;
      case 'host':
        found.hosts += 1;
    }
  }
  return found;
}

const NO_BODY: BodyFraming = { kind: 'length', sizeBytes: 0 };
const CHUNKED: BodyFraming = { kind: 'chunked' };

function framingOf(
  { length, coding }: SpecialFields,
  minorVersion: RequestHead['minorVersion'],
): BodyFraming | Refusal {
  if (coding !== undefined) {
    if (length !== undefined) return refusal(400, 'both Content-Length and Transfer-Encoding');
    if (minorVersion === 0) return refusal(400, 'HTTP/1.0 has no Transfer-Encoding');
    if (coding.toLowerCase() === 'chunked') return CHUNKED;
    return refusal(
      /chunked/i.test(coding) ? 400 : 501,
      'only the transfer coding chunked is known',
    );
  }
  if (length === undefined) return NO_BODY;
  if (!LENGTH.test(length)) return refusal(400, 'Content-Length is not a length');
  return { kind: 'length', sizeBytes: Number(length) };
}

/** The rest of the line from `start` on, without blanks around it; linear in its length. */
function trimBlanks(line: string, start: number): string {
  let from = start;
  let to = line.length;
  while (from < to && isBlank(line.charCodeAt(from))) from += 1;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to -= 1;
  return line.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
