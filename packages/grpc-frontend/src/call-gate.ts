import { type ApiCategory, type Authorizer, toInferError } from '@nereid/core';
import { accessRefusal } from './access-refusal.js';
import type {
  GrpcCall,
  GrpcMethod,
  GrpcMethods,
  GrpcStreamCall,
  StreamMethod,
  StreamReader,
  UnaryMethod,
} from './grpc-call.js';
import { type GrpcStatus, statusOf, UNAVAILABLE } from './grpc-status.js';
import { LoggedCall, type LoggedCallServices, LoggedStreamCall } from './logged-call.js';
import { categoryOf, type Restrictions, restrictionStatus } from './restricted-protocols.js';

/** What a server that stops answers to new requests. */
export const STOPPING: GrpcStatus = {
  code: UNAVAILABLE,
  message: 'GRPC server is shutting down and has stopped accepting new requests.',
};

export interface GateOptions {
  readonly restrictions: Restrictions;
  /** Undefined when nobody needs a token. */
  readonly authorizer?: Authorizer | undefined;
  readonly accessLog?: LoggedCallServices | undefined;
}

/** What a method asks of its callers. */
interface Requirement {
  readonly header: Parameters<typeof restrictionStatus>[0];
  readonly category: ApiCategory;
}

const IGNORING_READER: StreamReader = { message() {}, halfClose() {}, stop() {} };

/**
 * Stands before all methods: turns calls away that lack the header or the token they need,
 * or that come while the server stops, and knows which calls are still open.
 */
export class CallGate {
  readonly #restrictions: Restrictions;
  readonly #authorizer: Authorizer | undefined;
  readonly #accessLog: LoggedCallServices | undefined;
  readonly #streams = new Set<StreamReader>();
  #openCount = 0;
  #stopping = false;
  #emptied: (() => void) | undefined;

  constructor({ restrictions, authorizer, accessLog }: GateOptions) {
    this.#restrictions = restrictions;
    this.#authorizer = authorizer;
    this.#accessLog = accessLog;
  }

  /** The same methods behind the gate. */
  guard(methods: GrpcMethods): GrpcMethods {
    const guarded = new Map<string, GrpcMethod>();
    for (const [path, method] of methods) {
      guarded.set(
        path,
        method.kind === 'unary' ? this.#guardUnary(path, method) : this.#guardStream(path, method),
      );
    }
    return guarded;
  }

  /** Turns new calls away from now on, and resolves when none is open any more. Call it once. */
  stop(): Promise<void> {
    this.#stopping = true;
    for (const stream of this.#streams) stream.stop();
    if (this.#openCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }

  #guardUnary(path: string, method: UnaryMethod): UnaryMethod {
    const required = this.#requirement(path);
    return {
      kind: 'unary',
      handle: (incoming, message) => {
        const log = this.#accessLog;
        const call = log === undefined ? incoming : new LoggedCall(incoming, path, log);
        const refusal = this.#refusal(call, required);
        if (refusal) {
          call.end(refusal);
          return;
        }
        this.#openCount += 1;
        call.onClosed(this.#close);
        try {
          method.handle(call, message);
        } catch (error) {
          call.end(statusOf(error));
        }
      },
    };
  }

  #guardStream(path: string, method: StreamMethod): StreamMethod {
    const required = this.#requirement(path);
    return {
      kind: 'stream',
      open: (incoming) => {
        const log = this.#accessLog;
        const call = log === undefined ? incoming : new LoggedStreamCall(incoming, path, log);
        const refusal = this.#refusal(call, required);
        if (refusal === undefined) return this.#openStream(method, call);
        call.end(refusal);
        return IGNORING_READER;
      },
    };
  }

  #openStream(method: StreamMethod, call: GrpcStreamCall): StreamReader {
    const reader = guardedReader(method.open(call), call);
    this.#openCount += 1;
    this.#streams.add(reader);
    call.onClosed(() => {
      this.#streams.delete(reader);
      this.#close();
    });
    return reader;
  }

  #requirement(path: string): Requirement {
    return { header: this.#restrictions.get(path), category: categoryOf(path) };
  }

  #refusal(call: GrpcCall, { header, category }: Requirement): GrpcStatus | undefined {
    if (this.#stopping) return STOPPING;
    return restrictionStatus(header, call) ?? accessRefusal(this.#authorizer, category, call);
  }

  readonly #close = (): void => {
    this.#openCount -= 1;
    if (this.#openCount === 0) this.#emptied?.();
  };
}

/** An error that a reader lets slip ends its stream, and nothing else. */
function guardedReader(reader: StreamReader, call: GrpcCall): StreamReader {
  const attempt = (action: () => void) => {
    try {
      action();
    } catch (error) {
      call.end(statusOf(toInferError(error)));
    }
  };
  return {
    message: (bytes) => attempt(() => reader.message(bytes)),
    halfClose: () => attempt(() => reader.halfClose()),
    stop: () => attempt(() => reader.stop()),
  };
}
