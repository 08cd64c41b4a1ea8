import type {
  Clock,
  ComputeDurations,
  InferError,
  InferenceResponse,
  InferenceServer,
  RequestTrace,
  ResponseSink,
} from '@nereid/core';
import { type SubmittableRequest, submitRequest } from '@nereid/protocol';

interface CallServices {
  readonly server: InferenceServer;
  readonly clock: Clock;
}

/** When a message arrived; 0, without a look at the clock, while nothing can be traced. */
export function receiveTimeNs({ server, clock }: CallServices): number {
  return server.tracing.active ? clock.nowNs() : 0;
}

interface TracedCall {
  readonly trace: RequestTrace;
  readonly sink: ResponseSink;
  readonly receivedNs: number;
}

/** Hands a request that is traced to the server, as `submitRequest` does one that is not. */
export function submitTraced(
  server: InferenceServer,
  submittable: SubmittableRequest,
  { trace, sink, receivedNs }: TracedCall,
): Promise<void> | undefined {
  // The transport hands over whole messages, so that reading one takes no time that could be seen.
  trace.record('GRPC_WAITREAD_START', receivedNs);
  trace.record('GRPC_WAITREAD_END', receivedNs);
  const request = { ...submittable.request, trace };
  return submitRequest(server, { ...submittable, request }, new TracedSink(sink, trace));
}

/** Records the sending of a request's responses. */
class TracedSink implements ResponseSink {
  readonly #sink: ResponseSink;
  readonly #trace: RequestTrace;
  readonly failed?: (error: InferError) => void;
  #sending = false;

  constructor(sink: ResponseSink, trace: RequestTrace) {
    this.#sink = sink;
    this.#trace = trace;
    if (!sink.failed) return;
    this.failed = (error) => {
      this.#start();
      sink.failed?.(error);
    };
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    this.#trace.record('INFER_RESPONSE_COMPLETE');
    this.#start();
    return this.#sink.response(response);
  }

  executed(durations: ComputeDurations, queueNs: number): void {
    this.#sink.executed?.(durations, queueNs);
  }

  end(error?: InferError): void {
    this.#start();
    this.#sink.end(error);
    this.#trace.record('GRPC_SEND_END');
    this.#trace.close();
  }

  #start(): void {
    if (this.#sending) return;
    this.#sending = true;
    this.#trace.record('GRPC_SEND_START');
  }
}
