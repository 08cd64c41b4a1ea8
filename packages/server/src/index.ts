export { createServer } from './create-server.js';
export type { FrontendName, ServerAddresses } from './frontend-group.js';
export { NereidServer } from './nereid-server.js';
export type {
  GrpcSettings,
  HttpSettings,
  MetricsSettings,
  ServerOptions,
} from './server-settings.js';
