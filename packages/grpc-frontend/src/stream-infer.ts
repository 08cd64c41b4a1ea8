import {
  CancelSource,
  type InferError,
  type InferenceResponse,
  type ModelConfig,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import {
  type AccessRecord,
  type CompletedInferRequest,
  encodeStreamInferResponse,
  encodeStreamNotice,
  type InferRequestMessage,
  readInferRequestMessage,
  submitRequest,
} from '@nereid/protocol';
import { STOPPING } from './call-gate.js';
import type { GrpcStreamCall, StreamMethod, StreamReader } from './grpc-call.js';
import { OK, statusOf } from './grpc-status.js';
import {
  completeMessage,
  findModel,
  type InferServices,
  isDecoupled,
} from './infer-preparation.js';
import { ResponseOrder, type ResponseSlot } from './response-order.js';
import { receiveTimeNs, submitTraced } from './trace-call.js';

/** Requests of one stream in flight; beyond it, nothing more is read from the client. */
const MAX_IN_FLIGHT = 1_024;
/** With this metadata an error ends the stream with its status instead of being a message in it. */
const STRICT_ERRORS_HEADER = 'triton_grpc_error';
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** ModelStreamInfer: any number of requests and responses on one call. */
export function streamInfer(services: InferServices): StreamMethod {
  return { kind: 'stream', open: (call) => new InferStream(call, services) };
}

/** One stream. Its errors are messages in it, with the id of their request, and do not end it. */
class InferStream implements StreamReader {
  readonly #call: GrpcStreamCall;
  readonly #services: InferServices;
  readonly #order: ResponseOrder;
  /** Of the requests: cancelled with the call, and by the error that ends a strict stream. */
  readonly #cancel = new CancelSource();
  readonly #strict: boolean;
  /** Settles when all requests so far have been submitted; undefined once they have. */
  #submitting: Promise<void> | undefined;
  #inFlightCount = 0;
  #halfClosed = false;
  #stopped = false;

  constructor(call: GrpcStreamCall, services: InferServices) {
    this.#call = call;
    this.#services = services;
    this.#strict = call.header(STRICT_ERRORS_HEADER) === 'true';
    this.#order = new ResponseOrder((message) => void call.write(message));
    call.signal.onCancel(() => this.#cancel.cancel());
  }

  message(bytes: Buffer): void {
    // What was already on its way when the stream stopped or failed gets no answer of its own.
    if (this.#stopped || this.#cancel.cancelled) return;
    const message = this.#read(bytes);
    if (message === undefined) return;
    this.#inFlightCount += 1;
    if (this.#inFlightCount === MAX_IN_FLIGHT) this.#call.pause();
    this.#call.retain(bytes.length);
    const config = this.#findModel(message, bytes);
    if (config !== undefined) this.#infer(message, config, bytes);
  }

  halfClose(): void {
    this.#halfClosed = true;
    this.#endIfDone();
  }

  stop(): void {
    this.#stopped = true;
    this.#endIfDone();
  }

  /** Sends a message that has no place in the order. True when more may follow at once. */
  write(message: Buffer): boolean {
    return this.#call.write(message);
  }

  /** The client has caught up. */
  drained(): Promise<void> {
    return this.#call.drained();
  }

  /** Ends the stream with an error, if it is strict, and gives up all its requests. */
  failStrictly(error: InferError): boolean {
    if (this.#strict) this.#fail(error);
    return this.#strict;
  }

  /** The request that came with these bytes has had its last message. */
  finishRequest(bytes: Uint8Array): void {
    this.#call.release(bytes.length);
    if (this.#inFlightCount === MAX_IN_FLIGHT) this.#call.resume();
    this.#inFlightCount -= 1;
    this.#endIfDone();
  }

  /** Nothing refers to the bytes of a request any more. */
  released(bytes: Uint8Array): void {
    this.#services.memory.giveBack(bytes);
  }

  /** A message that is no request at all ends the stream: nobody knows whose it was. */
  #read(bytes: Buffer): InferRequestMessage | undefined {
    try {
      return readInferRequestMessage(bytes);
    } catch (error) {
      this.#fail(toInferError(error));
      return undefined;
    }
  }

  #fail(error: InferError): void {
    this.#call.end(statusOf(error));
    this.#cancel.cancel();
  }

  #findModel(message: InferRequestMessage, bytes: Uint8Array): ModelConfig | undefined {
    try {
      return findModel(this.#services.server, message);
    } catch (error) {
      // Whether responses of an unknown model would have been in order nobody knows; its error is.
      const sink = this.#newSink(message, this.#order.reserve());
      sink.bytes = bytes;
      sink.end(toInferError(error));
      return undefined;
    }
  }

  #newSink(message: InferRequestMessage, slot: ResponseSlot | undefined): StreamSink {
    const sink = new StreamSink(this, message, slot);
    sink.access = this.#call.access?.next();
    sink.access?.describe({ ...message, modelVersion: undefined });
    return sink;
  }

  #infer(message: InferRequestMessage, config: ModelConfig, bytes: Uint8Array): void {
    const slot = isDecoupled(config) ? undefined : this.#order.reserve();
    const sink = this.#newSink(message, slot);
    sink.bytes = bytes;
    sink.receivedNs = receiveTimeNs(this.#services);
    let completed: CompletedInferRequest;
    try {
      const origin = { call: this.#call, signal: this.#cancel, services: this.#services };
      completed = completeMessage(message, config, origin);
      sink.emptyFinalResponse = completed.emptyFinalResponse;
    } catch (error) {
      sink.end(toInferError(error));
      return;
    }
    this.#submitInOrder(() => this.#submit(completed, sink));
  }

  /** Requests reach their models in the order of the stream, as sequences need it. */
  #submitInOrder(submit: () => Promise<void> | undefined): void {
    const submitting = this.#submitting === undefined ? submit() : this.#submitting.then(submit);
    if (submitting === undefined) return;
    this.#submitting = submitting;
    void submitting.then(() => {
      if (this.#submitting === submitting) this.#submitting = undefined;
    });
  }

  #submit(completed: CompletedInferRequest, sink: StreamSink): Promise<void> | undefined {
    const accept = () => {
      sink.accepted = true;
    };
    const submitting = this.#handOver(completed, sink);
    if (submitting !== undefined) return submitting.then(accept);
    accept();
    return undefined;
  }

  #handOver(completed: CompletedInferRequest, sink: StreamSink): Promise<void> | undefined {
    const { server } = this.#services;
    const trace = server.tracing.sample(completed.request.modelName, this.#call);
    const watched = sink.access?.watch(completed.request, sink) ?? sink;
    if (trace === undefined) return submitRequest(server, completed, watched);
    const { receivedNs } = sink;
    return submitTraced(server, completed, { trace, sink: watched, receivedNs });
  }

  #endIfDone(): void {
    if (this.#inFlightCount > 0) return;
    if (this.#stopped) this.#call.end(STOPPING);
    else if (this.#halfClosed) this.#call.end(OK);
  }
}

/** Sends one request's responses: in its slot of the order, or at once for a decoupled model. */
class StreamSink implements ResponseSink {
  readonly #stream: InferStream;
  readonly #message: InferRequestMessage;
  readonly #slot: ResponseSlot | undefined;
  #failure: InferError | undefined;
  #finalSent = false;
  emptyFinalResponse = false;
  /** What the access log will show of the request, beside that of the stream. */
  access: AccessRecord | undefined;
  /** Of the request's message, whose tensors the model may still look at. */
  bytes = NO_BYTES;
  /** When the request arrived, if that is of interest; 0 otherwise. */
  receivedNs = 0;
  /** Set once the server has taken the request: later errors tell which model they are from. */
  accepted = false;

  constructor(stream: InferStream, message: InferRequestMessage, slot: ResponseSlot | undefined) {
    this.#stream = stream;
    this.#message = message;
    this.#slot = slot;
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    if (this.#failure !== undefined) return undefined;
    const final = this.#slot !== undefined || response.final;
    this.#finalSent ||= final;
    try {
      const encoded = encodeStreamInferResponse(response, final);
      // It is a copy.
      response.release?.();
      const ready = this.#write(encoded);
      return ready ? undefined : this.#stream.drained();
    } catch (error) {
      this.#failure = toInferError(error);
      return undefined;
    }
  }

  failed(error: InferError): void {
    if (this.#failure !== undefined || this.#stream.failStrictly(error)) return;
    this.#write(this.#notice(error.message, false));
  }

  end(error?: InferError): void {
    const failure = error ?? this.#failure;
    if (failure !== undefined) this.#fail(failure);
    else if (this.#slot === undefined && this.emptyFinalResponse && !this.#finalSent) {
      this.#write(this.#notice(''));
    }
    this.access?.answered(failure === undefined ? OK.code : statusOf(failure).code);
    this.#slot?.close();
    this.#stream.finishRequest(this.bytes);
  }

  released(): void {
    this.#stream.released(this.bytes);
  }

  #fail(error: InferError): void {
    if (this.#stream.failStrictly(error)) return;
    const { id } = this.#message;
    this.#write(
      this.accepted && error.refused !== true
        ? this.#notice(error.message)
        : encodeStreamNotice({ errorMessage: error.message, id }),
    );
  }

  /** A word on an accepted request, as a rule the last; it names the model as the request did. */
  #notice(errorMessage: string, final = true): Buffer {
    const { id, modelName, modelVersion } = this.#message;
    return encodeStreamNotice({ errorMessage, id, modelName, modelVersion, final });
  }

  /**
   * False when the client has fallen behind. An answer that keeps an order never has to wait: it is
   * one.
   */
  #write(message: Buffer): boolean {
    this.access?.sent(message.length);
    if (this.#slot === undefined) return this.#stream.write(message);
    this.#slot.write(message);
    return true;
  }
}
