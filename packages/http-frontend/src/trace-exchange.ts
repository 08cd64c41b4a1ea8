import type {
  InferError,
  InferenceRequest,
  InferenceServer,
  RequestTrace,
  ResponseSink,
} from '@nereid/core';
import type { HttpExchange } from './http-exchange.js';

/** Begins the trace of an inference request, if its turn has come; called before it is decoded. */
export function traceExchange(
  { tracing }: InferenceServer,
  exchange: HttpExchange,
  modelName: string,
): RequestTrace | undefined {
  const trace = tracing.sample(modelName, exchange);
  if (trace === undefined) return undefined;
  trace.record('HTTP_RECV_START', exchange.receivedNs);
  trace.record('HTTP_RECV_END');
  exchange.traceAnswer(trace);
  return trace;
}

/** The request as the server is to see it. */
export function withTrace(
  request: InferenceRequest,
  trace: RequestTrace | undefined,
): InferenceRequest {
  return trace === undefined ? request : { ...request, trace };
}

/** Records when a response comes, before `sink` takes it. */
export function tracedSink(sink: ResponseSink, trace: RequestTrace | undefined): ResponseSink {
  if (trace === undefined) return sink;
  return {
    response(response) {
      trace.record('INFER_RESPONSE_COMPLETE');
      return sink.response(response);
    },
    ...(sink.failed && { failed: (error: InferError) => sink.failed?.(error) }),
    executed: (durations, queueNs) => sink.executed?.(durations, queueNs),
    end: (error) => sink.end(error),
  };
}
