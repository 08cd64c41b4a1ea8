import type { FrontendPlugin } from '@nereid/core';
import { GrpcFrontend } from './grpc-frontend.js';

const plugin: FrontendPlugin = {
  createFrontend: (server, context) => new GrpcFrontend(server, context),
};

export default plugin;
