import { CancelSource, InferError, type Logger, type ResponseSink } from '@nereid/core';
import { decodeGenerateRequest, parseModelVersion } from '@nereid/protocol';
import { parseContentCoding } from './content-coding.js';
import { endpointLoadMetrics, parseLoadFormat } from './endpoint-load-metrics.js';
import { GenerateResponder } from './generate-responder.js';
import { GenerateStreamResponder } from './generate-stream-responder.js';
import type { HeaderFields, HttpExchange } from './http-exchange.js';
import type { InferContext } from './infer-handler.js';
import type { Route } from './route.js';
import { tracedSink, traceExchange, withTrace } from './trace-exchange.js';

const ENCODING_TEXT = "Unsupported content-encoding, only 'identity' is supported.";

export interface GenerateContext extends InferContext {
  readonly logger: Logger;
}

/** Cancels for a client that is gone, or one that has its answer while the model goes on. */
class GenerateSignal extends CancelSource {
  answered = false;

  cancelAnswered(): void {
    this.answered = true;
    this.cancel();
  }
}

/**
 * Answers a request to `generate` or `generate_stream`, now or later. Throws, before anything has
 * been answered, the error for the client, or rejects with it.
 */
export function handleGenerate(
  context: GenerateContext,
  exchange: HttpExchange,
  route: Route,
): Promise<void> | undefined {
  const format = exchange.header('endpoint-load-metrics-format');
  if (format !== undefined) {
    return loadHeaders(context, format).then((headers) =>
      generate(context, exchange, { ...route, headers }),
    );
  }
  generate(context, exchange, { ...route, headers: [] });
  return undefined;
}

/** Without what it takes, the answer only lacks the field. */
async function loadHeaders(
  { server, logger }: GenerateContext,
  formatName: string,
): Promise<HeaderFields> {
  const format = parseLoadFormat(formatName);
  const value = format && endpointLoadMetrics(await server.metricsText(), format);
  if (value !== undefined) return ['endpoint-load-metrics', value];
  logger.error(
    format === undefined
      ? `endpoint-load-metrics-format is to be json or text, got '${formatName}'`
      : 'One or more of the kv metrics was not found or invalid.',
  );
  return [];
}

function generate(
  { server, settings }: GenerateContext,
  exchange: HttpExchange,
  route: Route & { readonly headers: HeaderFields },
): void {
  const modelVersion = parseModelVersion(route.version);
  const { inputs } = server.modelMetadata(route.name, modelVersion);
  if (parseContentCoding(exchange.header('content-encoding') ?? '') !== 'identity') {
    throw new InferError('INVALID_ARG', ENCODING_TEXT);
  }
  const trace = traceExchange(server, exchange, route.name);
  const signal = new GenerateSignal();
  exchange.signal.onCancel(() => signal.cancel());
  const decoded = decodeGenerateRequest({
    modelName: route.name,
    modelVersion,
    inputs,
    body: exchange.body,
    maxInputSizeBytes: settings.maxInputSizeBytes,
    signal,
  });
  const request = withTrace(decoded, trace);
  const infer = (responder: ResponseSink): void => {
    const sink = exchange.access?.watch(request, responder) ?? responder;
    server.infer(request, tracedSink(sink, trace));
  };
  if (route.endpoint === 'generate') {
    const abandon = () => signal.cancelAnswered();
    infer(new GenerateResponder(exchange, { headers: route.headers, abandon }));
    return;
  }
  const responder = new GenerateStreamResponder(exchange, route.headers);
  infer(responder);
  responder.accepted = true;
}
