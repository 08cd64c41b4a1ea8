import { type ErrorCode, type InferError, toInferError } from '@nereid/core';
import { errorBody } from '@nereid/protocol';
import type { HttpExchange, HttpResponse } from './http-exchange.js';

/** The HTTP status of each error code (spec §1.6). */
const STATUS_OF_CODE = {
  UNKNOWN: 400,
  INTERNAL: 500,
  NOT_FOUND: 404,
  INVALID_ARG: 400,
  UNAVAILABLE: 503,
  UNSUPPORTED: 501,
  ALREADY_EXISTS: 400,
  CANCELLED: 400,
} as const satisfies Record<ErrorCode, number>;

export const JSON_TYPE = ['Content-Type', 'application/json'] as const;

/** An answer with a JSON body; the empty text makes an empty body. */
export function jsonResponse(status: number, body: string): HttpResponse {
  return { status, headers: JSON_TYPE, chunks: body === '' ? [] : [Buffer.from(body, 'utf8')] };
}

/** An error that has a status of its own. */
export function errorResponse(status: number, message: string): HttpResponse {
  return jsonResponse(status, errorBody(message));
}

/** The status that tells of an error. */
export function errorStatus(error: InferError): number {
  return STATUS_OF_CODE[error.code];
}

/** Answers with whatever was thrown. */
export function respondError(exchange: HttpExchange, error: unknown): void {
  const inferError = toInferError(error);
  exchange.respond(errorResponse(errorStatus(inferError), inferError.message));
}
