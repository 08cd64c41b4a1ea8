import type { GrpcStatus, MetadataEntries } from './grpc-call.js';
import { STATIC_TABLE } from './hpack/static-table.js';

/** What a message may be compressed with. */
export type Encoding = 'identity' | 'gzip' | 'deflate';

const ACCEPTED = 'identity,deflate,gzip';
const CONTENT_TYPE_INDEX = STATIC_TABLE.findIndex(({ name }) => name === 'content-type') + 1;
const STATUS_200 = 0x88;
/** Prefixes of literal fields: with a place in the dynamic table, and without. */
const INDEXED = { flag: 0x40, bits: 6 } as const;
const PLAIN = { flag: 0x00, bits: 4 } as const;
const CUT_MARK = '...';
/** Room for the fields beside a message, and what is left of it in any case. */
const OTHER_FIELDS_BYTES = 512;
const LEAST_MESSAGE_BYTES = 128;
/** What a client takes that names no limit: some leave a longer header list without an answer. */
const MOST_MESSAGE_BYTES = 16_384;
const TABLE_OF_NO_SIZE = Buffer.from([0x20]);
/** A peer that wants a smaller table than this, the default, gets none. */
const DEFAULT_TABLE_BYTES = 4096;

type Literal = typeof INDEXED | typeof PLAIN;

const headersWith = (literal: Literal) =>
  Buffer.concat([
    Buffer.from([STATUS_200]),
    integer(literal, CONTENT_TYPE_INDEX),
    text('application/grpc'),
    field(literal, 'grpc-accept-encoding', ACCEPTED),
  ]);

const statusOk = (literal: Literal) => field(literal, 'grpc-status', '0');

/** The fields of all responses, by how many of them the peer remembers already. */
const HEADERS = {
  none: headersWith(INDEXED),
  headers: Buffer.from([STATUS_200, 0x80 | 63, 0x80 | 62]),
  all: Buffer.from([STATUS_200, 0x80 | 64, 0x80 | 63]),
  never: headersWith(PLAIN),
} as const;
const TRAILERS = {
  none: statusOk(PLAIN),
  headers: statusOk(INDEXED),
  all: Buffer.from([0x80 | 62]),
  never: statusOk(PLAIN),
} as const;

const ENCODINGS = {
  identity: Buffer.alloc(0),
  gzip: field(PLAIN, 'grpc-encoding', 'gzip'),
  deflate: field(PLAIN, 'grpc-encoding', 'deflate'),
} as const satisfies Record<Encoding, Buffer>;

/**
 * The header blocks of one connection's responses. The three fields that all responses have are put
 * into the peer's table once; from then on each costs a byte. Blocks must be sent in the order in
 * which they are made.
 */
export class ResponseHeaders {
  #remembered: keyof typeof HEADERS = 'none';
  #shrink = false;
  #messageLimit = MOST_MESSAGE_BYTES;

  /**
   * The peer's limit of a header list. A message that is too long for it is cut, since the peer
   * would tell nothing of the status otherwise. gRPC's C++ clients begin to refuse at half of it.
   */
  limitList(limitBytes: number): void {
    const roomBytes = Math.max(LEAST_MESSAGE_BYTES, limitBytes / 2 - OTHER_FIELDS_BYTES);
    this.#messageLimit = Math.min(MOST_MESSAGE_BYTES, roomBytes);
  }

  /** The peer's limit of its table; one that is too small is not used at all. */
  limitTable(limitBytes: number): void {
    if (limitBytes >= DEFAULT_TABLE_BYTES || this.#remembered === 'never') return;
    this.#remembered = 'never';
    this.#shrink = true;
  }

  initial(encoding: Encoding, metadata?: MetadataEntries): Buffer {
    const remembered = this.#remembered;
    if (remembered === 'none') this.#remembered = 'headers';
    const known = HEADERS[remembered];
    if (encoding === 'identity' && metadata === undefined && !this.#shrink) return known;
    return this.#first([known, ENCODINGS[encoding], ...metadataFields(metadata)]);
  }

  trailers(status: GrpcStatus, metadata?: MetadataEntries): Buffer {
    if (status.code !== 0 || metadata !== undefined) {
      return this.#first([...this.#statusFields(status), ...metadataFields(metadata)]);
    }
    const remembered = this.#remembered;
    if (remembered === 'headers') this.#remembered = 'all';
    return this.#shrink ? this.#first([TRAILERS[remembered]]) : TRAILERS[remembered];
  }

  /** The only block of a response without a message. */
  trailersOnly(status: GrpcStatus, metadata?: MetadataEntries): Buffer {
    const contentType = [integer(PLAIN, CONTENT_TYPE_INDEX), text('application/grpc')];
    const fields = [...this.#statusFields(status), ...metadataFields(metadata)];
    return this.#first([Buffer.from([STATUS_200]), ...contentType, ...fields]);
  }

  /** The answer to a request that is not gRPC. */
  plain(status: number, contentLength: number): Buffer {
    return this.#first([
      field(PLAIN, ':status', String(status)),
      field(PLAIN, 'content-type', 'text/plain'),
      field(PLAIN, 'content-length', String(contentLength)),
    ]);
  }

  #statusFields({ code, message }: GrpcStatus): Buffer[] {
    const fields = [field(PLAIN, 'grpc-status', String(code))];
    if (message === '') return fields;
    const encoded = shortened(percentEncode(message), this.#messageLimit);
    return [...fields, field(PLAIN, 'grpc-message', encoded)];
  }

  #first(parts: readonly Buffer[]): Buffer {
    if (!this.#shrink) return Buffer.concat(parts);
    this.#shrink = false;
    return Buffer.concat([TABLE_OF_NO_SIZE, ...parts]);
  }
}

/** Cuts an encoded message, but not inside of an encoded byte. */
function shortened(encoded: string, limit: number): string {
  if (encoded.length <= limit) return encoded;
  return `${encoded.slice(0, limit - CUT_MARK.length).replace(/%.?$/, '')}${CUT_MARK}`;
}

function metadataFields(metadata: MetadataEntries = []): Buffer[] {
  return metadata.map(([name, value]) => {
    const words = typeof value === 'string' ? value : value.toString('base64');
    return field(PLAIN, name, words);
  });
}

/** Printable ASCII but for the percent sign stays as it is; the rest is UTF-8, byte by byte. */
function percentEncode(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message;
  let encoded = '';
  for (const byte of Buffer.from(message, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

function field(literal: Literal, name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([literal.flag]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([integer({ flag: 0, bits: 7 }, bytes.length), bytes]);
}

function integer(prefix: { readonly flag: number; readonly bits: number }, value: number): Buffer {
  const mask = (1 << prefix.bits) - 1;
  if (value < mask) return Buffer.from([prefix.flag | value]);
  const bytes = [prefix.flag | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
