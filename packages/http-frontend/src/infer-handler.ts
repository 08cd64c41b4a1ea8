import { InferError, type InferenceServer } from '@nereid/core';
import { decodeInferRequest, parseModelVersion, submitRequest } from '@nereid/protocol';
import { ACCEPTED_CODINGS, inflateBody, parseContentCoding } from './content-coding.js';
import { matchingHeaders } from './header-fields.js';
import type { HttpExchange } from './http-exchange.js';
import type { HttpSettings } from './http-settings.js';
import { InferResponder } from './infer-responder.js';
import { errorResponse } from './json-response.js';
import type { Route } from './route.js';
import { tracedSink, traceExchange, withTrace } from './trace-exchange.js';

export interface InferContext {
  readonly server: InferenceServer;
  readonly settings: Pick<HttpSettings, 'maxInputSizeBytes' | 'headerForwardPattern'>;
}

const DECOUPLED_TEXT = "HTTP end point doesn't support models with decoupled transaction policy";

/**
 * Answers an infer request, now or later. Throws, before anything has been answered, the error for
 * the client, or rejects with it.
 */
export function handleInfer(
  context: InferContext,
  exchange: HttpExchange,
  route: Route,
): Promise<undefined> | undefined {
  const modelVersion = parseModelVersion(route.version);
  const config = context.server.modelConfig(route.name, modelVersion);
  if (config.modelTransactionPolicy?.decoupled) throw new InferError('UNSUPPORTED', DECOUPLED_TEXT);
  const target = { modelName: route.name, modelVersion, body: exchange.body };
  const contentEncoding = exchange.header('content-encoding');
  if (contentEncoding !== undefined) {
    return inferEncoded(context, exchange, { ...target, contentEncoding });
  }
  infer(context, exchange, target);
  return undefined;
}

interface InferTarget {
  readonly modelName: string;
  readonly modelVersion: number | undefined;
  readonly body: Uint8Array;
}

async function inferEncoded(
  context: InferContext,
  exchange: HttpExchange,
  target: InferTarget & { readonly contentEncoding: string },
): Promise<undefined> {
  const coding = parseContentCoding(target.contentEncoding);
  if (coding === undefined) {
    const { status, headers, chunks } = errorResponse(501, 'Unsupported compression type');
    const acceptEncoding = ['Accept-Encoding', ACCEPTED_CODINGS];
    exchange.respond({ status, headers: [...headers, ...acceptEncoding], chunks });
    return;
  }
  const body =
    coding === 'identity'
      ? target.body
      : await inflateBody(target.body, context.settings.maxInputSizeBytes);
  infer(context, exchange, { ...target, body });
}

function infer(
  { server, settings }: InferContext,
  exchange: HttpExchange,
  target: InferTarget,
): void {
  const { headerForwardPattern, maxInputSizeBytes } = settings;
  const trace = traceExchange(server, exchange, target.modelName);
  const decoded = decodeInferRequest({
    modelName: target.modelName,
    modelVersion: target.modelVersion,
    inferenceHeaderLength: exchange.header('inference-header-content-length'),
    body: target.body,
    maxInputSizeBytes,
    forwardedHeaders:
      headerForwardPattern === undefined
        ? []
        : matchingHeaders(exchange.headers, headerForwardPattern),
    signal: exchange.signal,
    sharedMemory: server.systemSharedMemory,
  });
  const inferResponder = new InferResponder(exchange, decoded.outputPlan);
  const responder = exchange.access?.watch(decoded.request, inferResponder) ?? inferResponder;
  if (trace === undefined) {
    void submitRequest(server, decoded, responder);
  } else {
    const request = withTrace(decoded.request, trace);
    void submitRequest(server, { ...decoded, request }, tracedSink(responder, trace));
  }
}
