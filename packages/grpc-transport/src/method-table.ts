import type { GrpcHandler, GrpcHandlers } from './grpc-call.js';
import { type CompressionLevel, chooseEncoding } from './message-coder.js';
import type { RequestHeaders, Route } from './request-headers.js';

interface Method {
  readonly handler: GrpcHandler;
  readonly compression: CompressionLevel;
}

/** The methods of a server, by their paths. */
export class MethodTable {
  readonly #methods = new Map<string, Method>();

  constructor(handlers: GrpcHandlers, compression: (path: string) => CompressionLevel) {
    for (const [path, handler] of handlers) {
      this.#methods.set(path, { handler, compression: compression(path) });
    }
  }

  /** Notes in the headers which method they are for, if there is one. */
  resolve(headers: RequestHeaders): void {
    headers.route ??= this.#find(headers);
  }

  #find({ path, acceptEncoding }: RequestHeaders): Route | undefined {
    const method = this.#methods.get(path);
    if (method === undefined) return undefined;
    const { handler, compression } = method;
    return { handler, encoding: chooseEncoding(compression, acceptEncoding) };
  }
}
