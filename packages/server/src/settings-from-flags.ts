import { type LogSettings, toInferError } from '@nereid/core';
import { cacheSettings } from './cache-settings.js';
import {
  type Environment,
  isVertexAiPrediction,
  sageMakerSettings,
  vertexAiSettings,
} from './cloud-settings.js';
import type { FlagName } from './flags/flag-table.js';
import type { FlagValues } from './flags/flag-values.js';
import { UsageError } from './flags/parse-flags.js';
import { parseHostPolicies } from './host-policies.js';
import { parseRateLimitResources } from './rate-limit-settings.js';
import type {
  ApiListenerSettings,
  GrpcSettings,
  HttpSettings,
  MetricsSettings,
  ServerSettings,
  TlsSettings,
} from './server-settings.js';
import {
  DEFAULT_TRACE_SETTINGS,
  parseTraceLevels,
  parseTraceOptions,
  type TraceStartSettings,
} from './trace-start-settings.js';

/**
 * The settings that a command line asks for. Throws a UsageError for a value that has no meaning.
 * The environment is that of hosting services.
 */
export function settingsFromFlags(
  flags: FlagValues,
  environment: Environment = {},
): ServerSettings {
  return {
    id: flags.text('id'),
    exitTimeoutSecs: flags.integer('exit-timeout-secs'),
    frontendThreads: flags.integer('frontend-threads'),
    allowClientShm: flags.boolean('allow-client-shm'),
    log: logSettings(flags),
    accessLog: oneOf(['off', 'common', 'json'], flags.text('access-log')),
    accessLogFile: flags.text('access-log-file'),
    ...repositorySettings(flags, environment),
    ...frontendSettings(flags, environment),
    trace: traceSettings(flags),
    authTokensFile: flags.text('auth-tokens-file'),
    secure: flags.boolean('secure'),
    pluginDirectories: [
      ...flags.all('plugin-directory'),
      ...DIRECTORY_FLAGS.filter((name) => flags.isGiven(name)).map((name) => flags.text(name)),
    ],
    rateLimit: oneOf(['off', 'execution_count'], flags.text('rate-limit')),
    rateLimitResource: parseRateLimitResources(flags.all('rate-limit-resource')),
    hostPolicy: parseHostPolicies(flags.all('host-policy')),
    backendConfig: parsePluginConfig('backend', flags.all('backend-config')),
    storeConfig: parsePluginConfig('store', flags.all('store-config')),
    cacheConfig: cacheSettings(flags),
    repoagentConfig: parseRepoagentConfig(flags.all('repoagent-config')),
  };
}

function frontendSettings(flags: FlagValues, environment: Environment) {
  const prediction = isVertexAiPrediction(environment);
  const listener = apiListenerSettings(flags);
  return {
    http: isAllowed(flags, 'allow-http', !prediction) && httpSettings(flags),
    grpc: isAllowed(flags, 'allow-grpc', !prediction) && grpcSettings(flags),
    metrics: flags.boolean('allow-metrics') && metricsSettings(flags),
    sagemaker: flags.boolean('allow-sagemaker') && sageMakerSettings(flags, environment, listener),
    vertexAi: allowsVertexAi(flags, environment) && vertexAiSettings(flags, environment, listener),
  };
}

function allowsVertexAi(flags: FlagValues, environment: Environment): boolean {
  return isAllowed(flags, 'allow-vertex-ai', isVertexAiPrediction(environment));
}

function isAllowed(flags: FlagValues, name: FlagName, otherwise: boolean): boolean {
  return flags.isGiven(name) ? flags.boolean(name) : otherwise;
}

/** Triton has a folder for each kind of plugin; here any of them may hold any. */
const DIRECTORY_FLAGS = [
  'backend-directory',
  'repoagent-directory',
  'cache-directory',
] as const satisfies readonly FlagName[];

function logSettings(flags: FlagValues): LogSettings {
  return {
    logFile: flags.text('log-file'),
    logInfo: flags.boolean('log-info'),
    logWarning: flags.boolean('log-warning'),
    logError: flags.boolean('log-error'),
    logVerboseLevel: flags.integer('log-verbose'),
    logFormat: oneOf(['default', 'ISO8601', 'json'], flags.text('log-format')),
  };
}

function repositorySettings(flags: FlagValues, environment: Environment) {
  return {
    modelRepository: modelRepositories(flags, environment),
    exitOnError: flags.boolean('exit-on-error'),
    disableAutoCompleteConfig:
      flags.boolean('disable-auto-complete-config') || flags.boolean('strict-model-config'),
    strictReadiness: flags.boolean('strict-readiness'),
    modelControlMode: oneOf(['none', 'poll', 'explicit'], flags.text('model-control-mode')),
    repositoryPollSecs: flags.integer('repository-poll-secs'),
    loadModel: flags.all('load-model'),
    modelNamespacing: flags.boolean('model-namespacing'),
    modelConfigName: modelConfigName(flags),
    modelLoadThreadCount: flags.integer('model-load-thread-count'),
    modelLoadRetryCount: flags.integer('model-load-retry-count'),
  };
}

/** Vertex AI says where the models are, unless a flag does. */
function modelRepositories(flags: FlagValues, environment: Environment): readonly string[] {
  const given = [...flags.all('model-repository'), ...flags.all('model-store')];
  const storage = environment['AIP_STORAGE_URI'] ?? '';
  return given.length > 0 || storage === '' || !allowsVertexAi(flags, environment)
    ? given
    : [storage];
}

function modelConfigName(flags: FlagValues): string | undefined {
  if (!flags.isGiven('model-config-name')) return undefined;
  const name = flags.text('model-config-name');
  if (name === '') throw new UsageError('Error: empty argument for --model-config-name');
  return name;
}

/** A secure server stays on this machine unless it is told to go elsewhere. */
function addressOf(flags: FlagValues, name: FlagName): string {
  return flags.boolean('secure') && !flags.isGiven(name) ? '127.0.0.1' : flags.text(name);
}

/** The flags of HTTP hold for all that speak it. */
export function apiListenerSettings(flags: FlagValues): ApiListenerSettings {
  return {
    transport: flags.text('http-transport'),
    address: addressOf(flags, 'http-address'),
    headerForwardPattern: flags.text('http-header-forward-pattern'),
    maxInputSize: flags.integer('http-max-input-size'),
    maxBodiesSize: flags.integer('http-max-bodies-size'),
    restrictedApi: flags.all('http-restricted-api'),
  };
}

function httpSettings(flags: FlagValues): HttpSettings {
  return {
    ...apiListenerSettings(flags),
    port: flags.integer('http-port'),
    reusePort: flags.boolean('reuse-http-port'),
    ...tlsSettings(flags, 'http'),
  };
}

function grpcSettings(flags: FlagValues): GrpcSettings {
  return {
    transport: flags.text('grpc-transport'),
    address: addressOf(flags, 'grpc-address'),
    port: flags.integer('grpc-port'),
    reusePort: flags.boolean('reuse-grpc-port'),
    headerForwardPattern: flags.text('grpc-header-forward-pattern'),
    ...tlsSettings(flags, 'grpc'),
    maxResponsePoolSize: flags.integer('grpc-max-response-pool-size'),
    maxMessagesSize: flags.integer('grpc-max-messages-size'),
    maxInflatedSize: flags.integer('grpc-max-inflated-size'),
    inferResponseCompressionLevel: flags.text('grpc-infer-response-compression-level'),
    keepaliveTime: flags.integer('grpc-keepalive-time'),
    keepaliveTimeout: flags.integer('grpc-keepalive-timeout'),
    keepalivePermitWithoutCalls: flags.boolean('grpc-keepalive-permit-without-calls'),
    http2MaxPingsWithoutData: flags.integer('grpc-http2-max-pings-without-data'),
    http2MinRecvPingIntervalWithoutData: flags.integer(
      'grpc-http2-min-recv-ping-interval-without-data',
    ),
    http2MaxPingStrikes: flags.integer('grpc-http2-max-ping-strikes'),
    maxConnectionAge: flags.integer('grpc-max-connection-age'),
    maxConnectionAgeGrace: flags.integer('grpc-max-connection-age-grace'),
    restrictedProtocol: flags.all('grpc-restricted-protocol'),
  };
}

function metricsSettings(flags: FlagValues): MetricsSettings {
  return {
    address: metricsAddress(flags),
    port: flags.integer('metrics-port'),
    cpu: flags.boolean('allow-cpu-metrics'),
    intervalMs: flags.integer('metrics-interval-ms'),
    config: flags.all('metrics-config'),
    ...tlsSettings(flags, 'metrics'),
  };
}

/** Triton serves metrics where it serves HTTP; a secure server leaves this machine when told. */
function metricsAddress(flags: FlagValues): string {
  const follows = !flags.boolean('secure') && !flags.isGiven('metrics-address');
  return addressOf(flags, follows ? 'http-address' : 'metrics-address');
}

function tlsSettings(flags: FlagValues, frontend: 'http' | 'grpc' | 'metrics'): TlsSettings {
  return {
    // Triton turns encryption on for any value of the mutual flag (spec §2).
    useSsl: flags.boolean(`${frontend}-use-ssl`) || flags.isGiven(`${frontend}-use-ssl-mutual`),
    useSslMutual: flags.boolean(`${frontend}-use-ssl-mutual`),
    serverCert: flags.text(`${frontend}-server-cert`),
    serverKey: flags.text(`${frontend}-server-key`),
    rootCert: flags.text(`${frontend}-root-cert`),
  };
}

/** The deprecated flags say what `--trace-config` leaves open. */
function traceSettings(flags: FlagValues): TraceStartSettings {
  try {
    return parseTraceOptions(flags.all('trace-config'), {
      ...DEFAULT_TRACE_SETTINGS,
      levels: parseTraceLevels(flags.all('trace-level')),
      rate: flags.integer('trace-rate'),
      count: flags.integer('trace-count'),
      file: flags.text('trace-file'),
      logFrequency: flags.integer('trace-log-frequency'),
    });
  } catch (error) {
    throw new UsageError(toInferError(error).message);
  }
}

/** `[<name>,]<setting>=<value>`; a later value of a setting wins. */
function parsePluginConfig(
  kind: 'backend' | 'repoagent' | 'store',
  options: readonly string[],
): ServerSettings['backendConfig'] {
  const config: Record<string, Record<string, string>> = {};
  for (const option of options) {
    const match = /^(?:([^,=]*),)?([^=]+)=(.*)$/s.exec(option);
    if (!match) {
      throw new UsageError(
        `--${kind}-config option format is '<${kind} name>,<setting>=<value>'. Got ${option}`,
      );
    }
    const [, name = '', setting = '', value = ''] = match;
    config[name] = { ...config[name], [setting]: value };
  }
  return config;
}

/** `<agent>,<setting>=<value>`; what is meant for all agents would be meant for none. */
function parseRepoagentConfig(options: readonly string[]): ServerSettings['repoagentConfig'] {
  const misplaced = options.find((option) => !/^[^,=]+,[^=]+=/.test(option));
  if (misplaced === undefined) return parsePluginConfig('repoagent', options);
  throw new UsageError(
    `--repoagent-config option format is '<repository agent>,<setting>=<value>'. Got ${misplaced}`,
  );
}

/** The flag table has checked the word already; this tells the compiler. */
function oneOf<T extends string>(choices: readonly T[], word: string): T {
  const choice = choices.find((candidate) => candidate === word);
  if (choice === undefined) throw new UsageError(`${word} is not one of ${choices.join(', ')}`);
  return choice;
}
