import { InferError, type ResponseSink } from '@nereid/core';
import { decodeGenerateRequest, parseModelVersion } from '@nereid/protocol';
import { parseContentCoding } from './content-coding.js';
import { GenerateResponder } from './generate-responder.js';
import { GenerateStreamResponder } from './generate-stream-responder.js';
import type { HttpExchange } from './http-exchange.js';
import type { InferContext } from './infer-handler.js';
import type { Route } from './route.js';
import { tracedSink, traceExchange, withTrace } from './trace-exchange.js';

const ENCODING_TEXT = "Unsupported content-encoding, only 'identity' is supported.";

/**
 * Answers a request to `generate` or `generate_stream`, now or later. Throws, before anything has
 * been answered, the error for the client.
 */
export function handleGenerate(context: InferContext, exchange: HttpExchange, route: Route): void {
  const { server, settings } = context;
  const modelVersion = parseModelVersion(route.version);
  const { inputs } = server.modelMetadata(route.name, modelVersion);
  if (parseContentCoding(exchange.header('content-encoding') ?? '') !== 'identity') {
    throw new InferError('INVALID_ARG', ENCODING_TEXT);
  }
  const trace = traceExchange(server, exchange, route.name);
  const decoded = decodeGenerateRequest({
    modelName: route.name,
    modelVersion,
    inputs,
    body: exchange.body,
    maxInputSizeBytes: settings.maxInputSizeBytes,
    signal: exchange.signal,
  });
  const request = withTrace(decoded, trace);
  const infer = (responder: ResponseSink): void => {
    const sink = exchange.access?.watch(request, responder) ?? responder;
    server.infer(request, tracedSink(sink, trace));
  };
  if (route.endpoint === 'generate') {
    infer(new GenerateResponder(exchange));
    return;
  }
  const responder = new GenerateStreamResponder(exchange);
  infer(responder);
  responder.accepted = true;
}
