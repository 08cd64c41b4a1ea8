import type { GrpcHandler } from './grpc-call.js';
import { parseTimeoutMs } from './grpc-timeout.js';
import { fieldSizeBytes } from './hpack/dynamic-table.js';
import type { HeaderSink } from './hpack/hpack-decoder.js';
import type { HeaderField } from './hpack/static-table.js';
import type { Encoding } from './response-headers.js';

/** Lower-case tokens; capital letters are what HTTP/2 forbids beyond HTTP. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const VALUE = /^[^\0\r\n]*$/;
const PSEUDO_FIELDS = [':method', ':scheme', ':authority', ':path'] as const;
type PseudoField = (typeof PSEUDO_FIELDS)[number];

/** Fields of HTTP/1.1 connections, which HTTP/2 has other means for (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that the transport itself acts on; the rest is the call's metadata. */
const TRANSPORT_FIELDS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'content-length',
  'content-type',
  'grpc-accept-encoding',
  'grpc-encoding',
  'grpc-timeout',
  'te',
]);

/** The method that a request is for, and how its responses are encoded. */
export interface Route {
  readonly handler: GrpcHandler;
  readonly encoding: Encoding;
}

/**
 * The header fields of a request. Complete after `finish`, and from then on shared by all requests
 * with the same fields.
 */
export class RequestHeaders implements HeaderSink {
  readonly #limitBytes: number;
  readonly #pseudo: Partial<Record<PseudoField, string>> = {};
  readonly #fields: HeaderField[] = [];
  #metadata: ReadonlyMap<string, string> | undefined;
  #sizeBytes = 0;
  /** Why the request is malformed; undefined when it is not. */
  problem: string | undefined;
  /** Whether there is more than the limit; the fields beyond it are not kept. */
  tooLarge = false;
  path = '';
  method = '';
  grpc = false;
  encoding = 'identity';
  acceptEncoding = '';
  /** Milliseconds; infinite when the client sets none, NaN when it makes no sense. */
  timeoutMs = Number.POSITIVE_INFINITY;
  /** -1 when it is not told. */
  contentLength = -1;
  /** Who has looked for it leaves it here; undefined when there is none. */
  route: Route | undefined;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  field(field: HeaderField): void {
    this.#sizeBytes += fieldSizeBytes(field);
    if (this.#sizeBytes > this.#limitBytes) {
      this.tooLarge = true;
      return;
    }
    const { name, value } = field;
    if (name.charCodeAt(0) === 0x3a) this.#pseudoField(name, value);
    else {
      this.problem ??= fieldProblem(field);
      this.#fields.push(field);
    }
  }

  /** To be called once, after the last field. */
  finish(): this {
    if (this.tooLarge) return this;
    this.path = this.#pseudo[':path'] ?? '';
    this.method = this.#pseudo[':method'] ?? '';
    this.problem ??= this.#incomplete();
    for (const { name, value } of this.#fields) this.#transportField(name, value);
    return this;
  }

  /** The first value of a metadata entry; undefined when there is none. */
  get(name: string): string | undefined {
    return this.metadata.get(name);
  }

  /** Entries by their names, each with its first value; those of binary entries are in base64. */
  get metadata(): ReadonlyMap<string, string> {
    this.#metadata ??= new Map(
      this.#fields
        .filter(({ name }) => !TRANSPORT_FIELDS.has(name))
        .reverse()
        .map(({ name, value }) => [name, value]),
    );
    return this.#metadata;
  }

  /** All values of a binary entry, whose name ends with `-bin`. */
  binary(name: string): readonly Buffer[] {
    return this.#fields
      .filter((field) => field.name === name)
      .flatMap(({ value }) => value.split(',').map((part) => Buffer.from(part.trim(), 'base64')));
  }

  #pseudoField(name: string, value: string): void {
    const known = PSEUDO_FIELDS.find((field) => field === name);
    if (known === undefined) this.problem ??= `unknown pseudo-header ${name}`;
    else if (this.#fields.length > 0) this.problem ??= 'a pseudo-header after other fields';
    else if (this.#pseudo[known] !== undefined) this.problem ??= `two of ${name}`;
    else if (!VALUE.test(value)) this.problem ??= `an impossible ${name}`;
    else this.#pseudo[known] = value;
  }

  #incomplete(): string | undefined {
    if (this.method === '') return 'no :method';
    if (this.method === 'CONNECT') return undefined;
    if (!this.#pseudo[':scheme']) return 'no :scheme';
    return this.path === '' ? 'no :path' : undefined;
  }

  #transportField(name: string, value: string): void {
    switch (name) {
      case 'content-type':
        this.grpc = /^application\/grpc($|[+;])/.test(value);
        break;
      case 'content-length':
        this.contentLength = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
        if (Number.isNaN(this.contentLength)) this.problem ??= 'an impossible content-length';
        break;
      case 'grpc-encoding':
        this.encoding = value;
        break;
      case 'grpc-accept-encoding':
        this.acceptEncoding = value;
        break;
      case 'grpc-timeout':
        this.timeoutMs = parseTimeoutMs(value);
        break;
      default:
    }
  }
}

/**
 * The fields after a request's data: nothing in them is of interest, but they have to be correct.
 */
export class RequestTrailers implements HeaderSink {
  problem: string | undefined;

  field(field: HeaderField): void {
    if (field.name.startsWith(':')) this.problem ??= 'a pseudo-header in trailers';
    else this.problem ??= fieldProblem(field);
  }
}

function fieldProblem({ name, value }: HeaderField): string | undefined {
  if (!NAME.test(name)) return 'an impossible field name';
  if (!VALUE.test(value)) return 'an impossible field value';
  if (CONNECTION_FIELDS.has(name)) return `a field of HTTP/1.1 connections, ${name}`;
  if (name === 'te' && value !== 'trailers') return "a te field other than 'trailers'";
  return undefined;
}
