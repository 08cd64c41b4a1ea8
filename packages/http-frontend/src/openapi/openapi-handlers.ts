/** The endpoints that describe the API. */

import type { InferenceServer } from '@nereid/core';
import type { HttpResponse } from '../http-exchange.js';
import { jsonResponse } from '../json-response.js';
import type { ManagementCall } from '../management-handlers.js';
import { docsPage } from './docs-page.js';
import type { ModelInterface } from './model-schemas.js';
import { openApiDocument } from './openapi-document.js';

/** The document tells of so many models; the others have the general operations only. */
const MAX_MODELS = 500;

export async function openApi({ server }: ManagementCall): Promise<HttpResponse> {
  const index = await server.repositoryIndex(true);
  const names = [...new Set(index.map(({ name }) => name))].slice(0, MAX_MODELS);
  const models = names.flatMap((name) => modelInterface(server, name) ?? []);
  return jsonResponse(200, JSON.stringify(openApiDocument(server.metadata, models)));
}

export async function docs(): Promise<HttpResponse> {
  const { body, contentSecurityPolicy } = await docsPage();
  return {
    status: 200,
    headers: [
      'Content-Type',
      'text/html; charset=utf-8',
      'Content-Security-Policy',
      contentSecurityPolicy,
    ],
    chunks: [body],
  };
}

/** Undefined for a model that has gone since the index was made. */
function modelInterface(server: InferenceServer, name: string): ModelInterface | undefined {
  try {
    const { inputs, outputs } = server.modelMetadata(name, undefined);
    const config = server.modelConfig(name, undefined);
    const optional = config.input.filter((input) => input.optional);
    return {
      name,
      decoupled: config.modelTransactionPolicy?.decoupled ?? false,
      inputs,
      outputs,
      optionalInputs: new Set(optional.map((input) => input.name)),
    };
  } catch {
    return undefined;
  }
}
