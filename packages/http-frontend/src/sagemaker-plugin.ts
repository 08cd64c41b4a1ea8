import type { Frontend, FrontendPlugin } from '@nereid/core';
import { createApiFrontend } from './api-frontend.js';
import { HttpApi } from './http-api.js';
import { parseHttpSettings } from './http-settings.js';
import { SageMakerApi } from './sagemaker-api.js';
import { parseSageMakerSettings } from './sagemaker-settings.js';

/** The front end for SageMaker. Its settings are in the README. */
const plugin: FrontendPlugin = {
  createFrontend(server, context): Frontend {
    const settings = parseHttpSettings(context.settings, 8080);
    const api = new SageMakerApi({
      api: new HttpApi(server, settings, context),
      settings: parseSageMakerSettings(context.settings),
      server,
      context,
    });
    const handle = api.handle.bind(api);
    return createApiFrontend({ service: 'SageMaker Service', server, settings, context, handle });
  },
};

export default plugin;
