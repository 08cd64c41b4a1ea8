import type { Frontend, FrontendPlugin } from '@nereid/core';
import { createApiFrontend } from './api-frontend.js';
import { HttpApi } from './http-api.js';
import { parseHttpSettings } from './http-settings.js';

/** The HTTP/REST front end. Its settings are in the README. */
const plugin: FrontendPlugin = {
  createFrontend(server, context): Frontend {
    const settings = parseHttpSettings(context.settings);
    const api = new HttpApi(server, settings, context);
    const handle = api.handle.bind(api);
    return createApiFrontend({ service: 'HTTPService', server, settings, context, handle });
  },
};

export default plugin;
