import { InferError } from '@nereid/core';
import { decodeGenerateRequest, parseModelVersion } from '@nereid/protocol';
import { parseContentCoding } from './content-coding.js';
import { GenerateResponder } from './generate-responder.js';
import { GenerateStreamResponder } from './generate-stream-responder.js';
import type { HttpExchange } from './http-exchange.js';
import type { InferContext } from './infer-handler.js';
import type { Route } from './route.js';

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
  const request = decodeGenerateRequest({
    modelName: route.name,
    modelVersion,
    inputs,
    body: exchange.body,
    maxInputSizeBytes: settings.maxInputSizeBytes,
    signal: exchange.signal,
  });
  if (route.endpoint === 'generate') {
    server.infer(request, new GenerateResponder(exchange));
    return;
  }
  const responder = new GenerateStreamResponder(exchange);
  server.infer(request, responder);
  responder.accepted = true;
}
