import { isLoopback } from './access/open-apis.js';
import { UsageError } from './flags/parse-flags.js';
import type { ServerSettings } from './server-settings.js';

/**
 * Refuses settings that contradict each other, with Triton's texts where it has some (spec §2).
 * Throws a UsageError.
 */
export function checkSettings(settings: ServerSettings): void {
  if (settings.modelRepository.length === 0) {
    throw new UsageError('--model-repository must be specified');
  }
  checkStartupModels(settings);
  checkPorts(settings);
  checkEncryption(settings);
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

function checkPorts({ http, grpc, metrics }: ServerSettings): void {
  const listeners = [
    { name: 'HTTP', at: http },
    { name: 'GRPC', at: grpc },
    { name: 'metrics', at: metrics },
  ];
  const seen = new Map<string, string>();
  for (const { name, at } of listeners) {
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

function checkEncryption({ http, grpc, metrics }: ServerSettings): void {
  for (const [name, settings] of Object.entries({ http, grpc, metrics })) {
    if (!settings || !(settings.useSsl || settings.useSslMutual)) continue;
    if (settings.serverCert !== '' && settings.serverKey !== '') continue;
    throw new UsageError(`--${name}-use-ssl needs --${name}-server-cert and --${name}-server-key`);
  }
}

/** What others reach needs both: tokens that travel unencrypted are soon known to them. */
function checkSecure({ http, grpc, metrics, authTokensFile }: ServerSettings): void {
  for (const [name, settings] of Object.entries({ http, grpc, metrics })) {
    if (!settings || isLoopback(settings.address)) continue;
    const missing = [
      ...(settings.useSsl || settings.useSslMutual ? [] : [`--${name}-use-ssl`]),
      ...(authTokensFile === '' ? ['--auth-tokens-file'] : []),
    ];
    if (missing.length === 0) continue;
    throw new UsageError(
      `--secure needs ${missing.join(' and ')} to listen on ${settings.address} (${name})`,
    );
  }
}
