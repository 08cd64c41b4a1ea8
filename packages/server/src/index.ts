export { createServer } from './create-server.js';
export { NereidServer } from './nereid-server.js';
export type {
  GrpcSettings,
  HttpSettings,
  MetricsSettings,
  ServerOptions,
} from './server-settings.js';
