import { InferError, type InferenceResponse, type ResponseSink } from '@nereid/core';
import { encodeGrpcInferResponse, readInferRequestMessage, submitRequest } from '@nereid/protocol';
import type { GrpcCall, UnaryMethod } from './grpc-call.js';
import { OK, statusOf } from './grpc-status.js';
import {
  completeMessage,
  findModel,
  type InferServices,
  refuseDecoupled,
} from './infer-preparation.js';
import { receiveTimeNs, submitTraced } from './trace-call.js';

/**
 * ModelInfer: one request, one response. Checks in Triton's order, so that its errors come first.
 */
export function unaryInfer(services: InferServices): UnaryMethod {
  const { server, memory } = services;
  return {
    kind: 'unary',
    handle(call, bytes) {
      const receivedNs = receiveTimeNs(services);
      const message = readInferRequestMessage(bytes);
      const config = findModel(server, message);
      refuseDecoupled(config);
      const origin = { call, signal: call.signal, services };
      const request = completeMessage(message, config, origin);
      const unarySink = new UnarySink(call, bytes, memory);
      const sink = call.access?.watch(request.request, unarySink) ?? unarySink;
      const trace = server.tracing.sample(message.modelName, call);
      if (trace === undefined) void submitRequest(server, request, sink);
      else void submitTraced(server, request, { trace, sink, receivedNs });
    },
  };
}

class UnarySink implements ResponseSink {
  readonly #call: GrpcCall;
  readonly #bytes: Uint8Array;
  readonly #memory: InferServices['memory'];
  #response: readonly Buffer[] | undefined;
  #release: (() => void) | undefined;
  #error: unknown;

  /** `bytes` are those of the message that it answers. */
  constructor(call: GrpcCall, bytes: Uint8Array, memory: InferServices['memory']) {
    this.#call = call;
    this.#bytes = bytes;
    this.#memory = memory;
  }

  response(response: InferenceResponse): undefined {
    // Encoded at once, so that nothing holds on to small tensors until the end.
    try {
      this.#response = encodeGrpcInferResponse(response);
      this.#release = response.release;
    } catch (error) {
      this.#error = error;
    }
    return undefined;
  }

  end(error?: InferError): void {
    const failure = error ?? this.#error ?? this.#missingResponse();
    if (failure !== undefined) this.#call.end(statusOf(failure));
    else if (this.#response !== undefined) {
      const [whole, ...others] = this.#response;
      if (whole !== undefined && others.length === 0) {
        this.#call.write(whole);
        // It is a copy.
        this.#release?.();
      } else this.#call.writePieces(this.#response, this.#release);
      this.#call.end(OK);
    }
  }

  released(): void {
    this.#memory.giveBack(this.#bytes);
  }

  #missingResponse(): InferError | undefined {
    if (this.#response !== undefined) return undefined;
    return new InferError('INTERNAL', 'the model did not send a response');
  }
}
