import { sageMakerSettings, vertexAiSettings } from './cloud-settings.js';
import { parseFlags } from './flags/parse-flags.js';
import type { ServerOptions, ServerSettings } from './server-settings.js';
import { apiListenerSettings, settingsFromFlags } from './settings-from-flags.js';

/** Completes the options of `createServer` with the defaults of the command line. */
export function settingsFromOptions(options: ServerOptions): ServerSettings {
  const flags = parseFlags(options.secure ? ['--secure'] : []);
  const defaults = settingsFromFlags(flags);
  const { logger: _, ...values } = options;
  const http = merged(defaults.http, options.http);
  const metrics = merged(defaults.metrics, options.metrics);
  const listener = apiListenerSettings(flags);
  return {
    ...defaults,
    ...values,
    modelRepository: asList(options.modelRepository),
    loadModel: asList(options.loadModel ?? []),
    log: { ...defaults.log, ...options.log },
    trace: { ...defaults.trace, ...options.trace },
    http,
    grpc: merged(defaults.grpc, options.grpc),
    sagemaker: options.sagemaker
      ? { ...sageMakerSettings(flags, {}, listener), ...options.sagemaker }
      : false,
    vertexAi: options.vertexAi
      ? { ...vertexAiSettings(flags, {}, listener), ...options.vertexAi }
      : false,
    // As on the command line, metrics are served where HTTP is unless told otherwise.
    metrics:
      metrics && http && !options.secure
        ? { ...metrics, address: http.address, ...options.metrics }
        : metrics,
  };
}

function asList(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function merged<T extends object>(
  defaults: T | false,
  options: Partial<T> | false | undefined,
): T | false {
  if (options === false || defaults === false) return false;
  return { ...defaults, ...options };
}
