/**
 * Every endpoint but inference: each function makes the answer of one of them, or throws the error
 * for the client.
 */

import { InferError, type InferenceServer } from '@nereid/core';
import {
  logSettingsBody,
  modelMetadataBody,
  modelStatisticsBody,
  parseLoadRequest,
  parseLogSettingsRequest,
  parseModelVersion,
  parseRepositoryIndexRequest,
  parseTraceSettingsRequest,
  parseUnloadRequest,
  repositoryIndexBody,
  serverMetadataBody,
  traceSettingsBody,
} from '@nereid/protocol';
import type { HttpExchange, HttpResponse } from './http-exchange.js';
import { errorResponse, jsonResponse } from './json-response.js';
import type { Route } from './route.js';

/** What a handler is given. */
export interface ManagementCall {
  readonly server: InferenceServer;
  readonly exchange: HttpExchange;
  readonly route: Route;
}

export function serverMetadata({ server }: ManagementCall): HttpResponse {
  return jsonResponse(200, serverMetadataBody(server.metadata));
}

export function serverLive({ server }: ManagementCall): HttpResponse {
  return jsonResponse(server.isLive() ? 200 : 400, '');
}

export function serverReady({ server }: ManagementCall): HttpResponse {
  return jsonResponse(server.isReady() ? 200 : 400, '');
}

export function modelReady({ server, route }: ManagementCall): HttpResponse {
  const ready = server.isModelReady(route.name, parseModelVersion(route.version));
  return ready ? jsonResponse(200, '') : errorResponse(400, 'Model version not ready');
}

export function modelMetadata({ server, route }: ManagementCall): HttpResponse {
  const metadata = server.modelMetadata(route.name, parseModelVersion(route.version));
  return jsonResponse(200, modelMetadataBody(metadata));
}

export function modelConfig({ server, route }: ManagementCall): HttpResponse {
  return jsonResponse(200, server.modelConfigJson(route.name, parseModelVersion(route.version)));
}

export function statistics({ server }: ManagementCall): HttpResponse {
  return jsonResponse(200, modelStatisticsBody(server.modelStatistics(undefined, undefined)));
}

export function modelStatistics({ server, route }: ManagementCall): HttpResponse {
  const version = parseModelVersion(route.version);
  return jsonResponse(200, modelStatisticsBody(server.modelStatistics(route.name, version)));
}

export async function repositoryIndex({ server, exchange }: ManagementCall): Promise<HttpResponse> {
  const readyOnly = parseRepositoryIndexRequest(exchange.body);
  return jsonResponse(200, repositoryIndexBody(await server.repositoryIndex(readyOnly)));
}

export async function loadModel(call: ManagementCall): Promise<HttpResponse> {
  refuseRepositoryName(call.route);
  await call.server.loadModel(call.route.name, parseLoadRequest(call.exchange.body));
  return jsonResponse(200, '');
}

export async function unloadModel(call: ManagementCall): Promise<HttpResponse> {
  refuseRepositoryName(call.route);
  await call.server.unloadModel(call.route.name, parseUnloadRequest(call.exchange.body));
  return jsonResponse(200, '');
}

export function logging({ server, exchange }: ManagementCall): HttpResponse {
  const settings =
    exchange.method === 'GET'
      ? server.logSettings()
      : server.updateLogSettings(parseLogSettingsRequest(exchange.body));
  return jsonResponse(200, logSettingsBody(settings));
}

/** Of all models, or of the one that the path names. */
export function traceSettings({ server, exchange, route }: ManagementCall): HttpResponse {
  const modelName = route.name === '' ? undefined : route.name;
  const settings =
    exchange.method === 'GET'
      ? server.tracing.settings(modelName)
      : server.tracing.update(modelName, parseTraceSettingsRequest(exchange.body));
  return jsonResponse(200, traceSettingsBody(settings));
}

function refuseRepositoryName(route: Route): void {
  if (route.repository === '') return;
  throw new InferError('UNSUPPORTED', "'repository_name' specification is not supported");
}
