export type { HeaderFields } from './answer-head.js';
export type { BodyAllocator } from './body-buffer.js';
export type { HttpHandler } from './http-connection.js';
export {
  type AnswerChunk,
  type AnswerWriter,
  HttpExchange,
  type WholeAnswer,
} from './http-exchange.js';
export { DEFAULT_LIMITS, type HttpLimits } from './http-limits.js';
export {
  HttpServer,
  type HttpServerOptions,
  type HttpTimer,
  type ListenOptions,
} from './http-server.js';
export type { Refusal } from './refusal.js';
export type { RequestHead } from './request-head.js';
