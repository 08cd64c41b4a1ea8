import { type CancelSignal, InferError, type RequestTrace } from '@nereid/core';
import type { AccessRecord } from '@nereid/protocol';
import type {
  HeaderFields,
  HttpExchange,
  HttpResponse,
  ResponseHead,
  ResponseWriter,
} from './http-exchange.js';

/** Where in Triton's API a request leads. */
export interface ForwardTarget {
  readonly method: string;
  readonly path: string;
  /**
   * The content type of bodies with binary tensors. Its parameter `json-header-size` has the length
   * of the JSON in front of them, as hosting services pass on no header fields of Triton's.
   */
  readonly binaryType: string;
  /** The status of an answer, where it is not that of Triton's API. */
  statusOf?(response: HttpResponse): number;
}

const HEADER_LENGTH_FIELD = 'inference-header-content-length';
const SIZE_PARAMETER = /^ *; *json-header-size=(\d+) *$/;

/** A request to a hosting service's endpoint, as one to Triton's API. */
export class ForwardedExchange implements HttpExchange {
  readonly method: string;
  readonly path: string;
  readonly #exchange: HttpExchange;
  readonly #target: ForwardTarget;
  readonly #headerLength: string | undefined;

  /** Throws INVALID_ARG for a binary content type that lacks the length of the JSON. */
  constructor(exchange: HttpExchange, target: ForwardTarget) {
    this.method = target.method;
    this.path = target.path;
    this.#exchange = exchange;
    this.#target = target;
    this.#headerLength = headerLength(exchange.header('content-type') ?? '', target.binaryType);
  }

  get headers(): HeaderFields {
    return this.#exchange.headers;
  }

  get remoteAddress(): string {
    return this.#exchange.remoteAddress;
  }

  get access(): AccessRecord | undefined {
    return this.#exchange.access;
  }

  get body(): Uint8Array {
    return this.#exchange.body;
  }

  get signal(): CancelSignal {
    return this.#exchange.signal;
  }

  get receivedNs(): number {
    return this.#exchange.receivedNs;
  }

  header(name: string): string | undefined {
    return name === HEADER_LENGTH_FIELD ? this.#headerLength : this.#exchange.header(name);
  }

  traceAnswer(trace: RequestTrace): void {
    this.#exchange.traceAnswer(trace);
  }

  respond(response: HttpResponse): void {
    const status = this.#target.statusOf?.(response) ?? response.status;
    const headers = withBinaryType(response.headers, this.#target.binaryType);
    this.#exchange.respond({ status, headers, chunks: response.chunks });
  }

  stream(head: ResponseHead): ResponseWriter {
    return this.#exchange.stream(head);
  }
}

/** A model's name as a path has it: one character for each byte of UTF-8. */
export function pathSegment(name: string): string {
  return Buffer.from(name, 'utf8').toString('latin1');
}

function headerLength(contentType: string, binaryType: string): string | undefined {
  if (!contentType.startsWith(binaryType)) return undefined;
  const length = SIZE_PARAMETER.exec(contentType.slice(binaryType.length))?.[1];
  if (length !== undefined) return length;
  throw new InferError(
    'INVALID_ARG',
    `content type '${contentType}' is not of the form ${binaryType};json-header-size=<bytes>`,
  );
}

/** The fields of an answer, with the length of its JSON in the content type. */
function withBinaryType(headers: HeaderFields, binaryType: string): HeaderFields {
  const at = headers.findIndex((name) => name.toLowerCase() === HEADER_LENGTH_FIELD);
  if (at < 0) return headers;
  const contentType = `${binaryType};json-header-size=${headers[at + 1]}`;
  const fields = ['Content-Type', contentType];
  for (let index = 0; index < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2);
    if (index !== at && name.toLowerCase() !== 'content-type') fields.push(name, value);
  }
  return fields;
}
