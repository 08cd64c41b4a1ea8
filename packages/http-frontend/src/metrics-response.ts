import type { InferenceServer } from '@nereid/core';
import type { HttpExchange } from './http-exchange.js';
import { respondError } from './json-response.js';

const TEXT_TYPE = ['Content-Type', 'text/plain; charset=utf-8'] as const;

/** Answers with all metrics, later. */
export function respondMetrics(server: InferenceServer, exchange: HttpExchange): void {
  server.metricsText().then(
    (text) => respondText(exchange, text),
    (error) => respondError(exchange, error),
  );
}

/** Answers with a page of plain text. */
export function respondText(exchange: HttpExchange, text: string): void {
  exchange.respond({ status: 200, headers: TEXT_TYPE, chunks: [Buffer.from(text, 'utf8')] });
}
