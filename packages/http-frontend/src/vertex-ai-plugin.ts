import type { Frontend, FrontendPlugin } from '@nereid/core';
import { createApiFrontend } from './api-frontend.js';
import { HttpApi } from './http-api.js';
import { parseHttpSettings } from './http-settings.js';
import { VertexAiApi } from './vertex-ai-api.js';
import { parseVertexAiSettings } from './vertex-ai-settings.js';

/** The front end for Vertex AI. Its settings are in the README. */
const plugin: FrontendPlugin = {
  createFrontend(server, context): Frontend {
    const settings = parseHttpSettings(context.settings, 8080);
    const api = new VertexAiApi(
      new HttpApi(server, settings, context),
      server,
      parseVertexAiSettings(context.settings),
    );
    const handle = api.handle.bind(api);
    return createApiFrontend({ service: 'Vertex AI Service', server, settings, context, handle });
  },
};

export default plugin;
