import { toInferError } from '@nereid/core';
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
import { type Restrictions, restrictionStatus } from './restricted-protocols.js';

/** What a server that stops answers to new requests. */
export const STOPPING: GrpcStatus = {
  code: UNAVAILABLE,
  message: 'GRPC server is shutting down and has stopped accepting new requests.',
};

const IGNORING_READER: StreamReader = { message() {}, halfClose() {}, stop() {} };

/**
 * Stands before all methods: turns calls away that lack what a restriction asks for, or that come
 * while the server stops, and knows which calls are still open.
 */
export class CallGate {
  readonly #restrictions: Restrictions;
  readonly #streams = new Set<StreamReader>();
  #openCount = 0;
  #stopping = false;
  #emptied: (() => void) | undefined;

  constructor(restrictions: Restrictions) {
    this.#restrictions = restrictions;
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
    const required = this.#restrictions.get(path);
    return {
      kind: 'unary',
      handle: (call, message) => {
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
    const required = this.#restrictions.get(path);
    return {
      kind: 'stream',
      open: (call) => {
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

  #refusal(call: GrpcCall, required: Parameters<typeof restrictionStatus>[0]) {
    return this.#stopping ? STOPPING : restrictionStatus(required, call);
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
