/** Answers to requests that are no HTTP, or that do not come to an end. */

import { ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorBody } from '@nereid/protocol';
import { pathOf } from './node-http-exchange.js';
import { parseRoute } from './route.js';

interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: unknown;
}

const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/\d\.\d\r?\n/;

/** How much of a packet is searched for the request line. */
const MAX_REQUEST_LINE_BYTES = 8192;

const EMPTY_PACKET = Buffer.alloc(0);

const STATUS_OF_PARSER_ERROR: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_INVALID_VERSION: 505,
};

/**
 * Answers, where something that looks like HTTP asked, and closes the connection. Requests that
 * came before on it are answered first: the client would take this for their answer.
 */
export function answerClientError(error: ParserError, socket: Duplex): void {
  const earlier = answerUnderWay(socket);
  if (earlier && socket.writable && error.code !== 'ECONNRESET') {
    earlier.once('close', () => answerClientError(error, socket));
    return;
  }
  const status = statusOf(error);
  if (status === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = errorBody(status === 405 ? 'Method Not Allowed' : (STATUS_CODES[status] ?? ''));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** The answer to a request that was read to its end; Node keeps it with the connection. */
function answerUnderWay(socket: Duplex): ServerResponse | undefined {
  const response: unknown = Reflect.get(socket, '_httpMessage');
  return response instanceof ServerResponse && response.req.complete ? response : undefined;
}

/** Undefined for bytes that are not worth an answer. */
function statusOf(error: ParserError): number | undefined {
  const { code = '' } = error;
  if (code === 'ECONNRESET') return undefined;
  const known = STATUS_OF_PARSER_ERROR[code];
  if (known !== undefined) return known;
  const packet = Buffer.isBuffer(error.rawPacket) ? error.rawPacket : EMPTY_PACKET;
  const target = REQUEST_LINE.exec(packet.toString('latin1', 0, MAX_REQUEST_LINE_BYTES))?.[2];
  if (target === undefined) return undefined;
  if (code !== 'HPE_INVALID_METHOD') return 400;
  // A verb that the parser does not know is as wrong as any other that the path does not take.
  return parseRoute(pathOf(target)) === undefined ? 404 : 405;
}
