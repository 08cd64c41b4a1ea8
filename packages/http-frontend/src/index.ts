export type { HttpExchange, HttpHandler, HttpResponse } from './http-exchange.js';
