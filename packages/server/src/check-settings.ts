import { isLoopback } from './access/open-apis.js';
import { parsePortRange } from './cloud-settings.js';
import { UsageError } from './flags/parse-flags.js';
import type { ServerSettings } from './server-settings.js';

const MAX_PORT = 65_535;

/**
 * Refuses settings that contradict each other, with Triton's texts where it has some (spec §2).
 * Throws a UsageError.
 */
export function checkSettings(settings: ServerSettings): void {
  if (settings.modelRepository.length === 0) {
    throw new UsageError(
      '--model-repository must be specified: the folder that holds the models; ' +
        "'nereid --help' lists all flags",
    );
  }
  checkStartupModels(settings);
  checkPorts(settings);
  checkEncryption(settings);
  checkSageMaker(settings);
  checkVertexAi(settings);
  checkCaches(settings);
  checkFrontendThreads(settings);
  if (settings.secure) checkSecure(settings);
}

function checkStartupModels({ loadModel, modelControlMode }: ServerSettings): void {
  if (loadModel.length > 0 && modelControlMode !== 'explicit') {
    throw new UsageError(
      "Error: Use of '--load-model' requires setting '--model-control-mode=explicit' as well.",
    );
  }
  if (loadModel.includes('*') && loadModel.length > 1) {
    throw new UsageError(
      "Error: '--load-model=*' loads every model; it must be the only one given.",
    );
  }
}

function listenersOf({ http, grpc, metrics, sagemaker, vertexAi }: ServerSettings) {
  return [
    { name: 'HTTP', at: http },
    { name: 'GRPC', at: grpc },
    { name: 'metrics', at: metrics },
    { name: 'SageMaker', at: sagemaker },
    { name: 'Vertex AI', at: vertexAi },
  ] as const;
}

function checkPorts(settings: ServerSettings): void {
  const seen = new Map<string, string>();
  for (const { name, at } of listenersOf(settings)) {
    if (!at || at.port === 0) continue;
    const place = `${at.address}:${at.port}`;
    const other = seen.get(place);
    if (other !== undefined) {
      throw new UsageError(
        `The server cannot listen to ${other} requests and ${name} requests at the same ` +
          `address and port ${place}`,
      );
    }
    seen.set(place, name);
  }
}

/** SageMaker opens a range of ports to the other services of its container. */
function checkSageMaker(settings: ServerSettings): void {
  const { sagemaker } = settings;
  if (sagemaker === false) return;
  const [low, high] = parsePortRange(sagemaker.safePortRange) ?? [0, MAX_PORT];
  for (const { name, at } of listenersOf(settings)) {
    if (!at || at === sagemaker || (at.port >= low && at.port <= high)) continue;
    throw new UsageError(
      `The server cannot listen to ${name} requests at port ${at.port}, allowed port range is ` +
        `[${low}, ${high}]`,
    );
  }
}

function checkVertexAi({ vertexAi }: ServerSettings): void {
  if (vertexAi === false) return;
  const routes = {
    AIP_PREDICT_ROUTE: vertexAi.predictRoute,
    AIP_HEALTH_ROUTE: vertexAi.healthRoute,
  };
  for (const [variable, route] of Object.entries(routes)) {
    if (route.startsWith('/')) continue;
    throw new UsageError(
      route === ''
        ? `${variable} is not defined for Vertex AI endpoint`
        : `${variable} must begin with '/', got '${route}'`,
    );
  }
}

/** Only the own transports take connections that another thread has accepted. */
function checkFrontendThreads({ frontendThreads, http, grpc }: ServerSettings): void {
  if (frontendThreads === 0) return;
  for (const [name, listener] of Object.entries({ http, grpc })) {
    if (!listener || listener.transport === 'native') continue;
    throw new UsageError(
      `--frontend-threads cannot be used with --${name}-transport=${listener.transport}, ` +
        `only with --${name}-transport=native`,
    );
  }
}

function checkCaches({ cacheConfig }: ServerSettings): void {
  const names = Object.keys(cacheConfig);
  if (names.length < 2) return;
  throw new UsageError(
    'found multiple cache configurations, but only a single cache is currently supported: ' +
      names.join(', '),
  );
}

function checkEncryption({ http, grpc, metrics }: ServerSettings): void {
  for (const [name, settings] of Object.entries({ http, grpc, metrics })) {
    if (!settings || !(settings.useSsl || settings.useSslMutual)) continue;
    if (settings.serverCert !== '' && settings.serverKey !== '') continue;
    throw new UsageError(`--${name}-use-ssl needs --${name}-server-cert and --${name}-server-key`);
  }
}

/** What others reach needs both: tokens that travel unencrypted are soon known to them. */
function checkSecure(settings: ServerSettings): void {
  const { http, grpc, metrics, sagemaker, vertexAi, authTokensFile } = settings;
  for (const [name, listener] of Object.entries({ SageMaker: sagemaker, 'Vertex AI': vertexAi })) {
    if (!listener || isLoopback(listener.address)) continue;
    throw new UsageError(
      `--secure cannot be used with ${name} on ${listener.address}: ${name} does not encrypt`,
    );
  }
  for (const [name, listener] of Object.entries({ http, grpc, metrics })) {
    if (!listener || isLoopback(listener.address)) continue;
    const missing = [
      ...(listener.useSsl || listener.useSslMutual ? [] : [`--${name}-use-ssl`]),
      ...(authTokensFile === '' ? ['--auth-tokens-file'] : []),
    ];
    if (missing.length === 0) continue;
    throw new UsageError(
      `--secure needs ${missing.join(' and ')} to listen on ${listener.address} (${name})`,
    );
  }
}
