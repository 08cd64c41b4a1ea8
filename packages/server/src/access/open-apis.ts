import type { ApiCategory } from '@nereid/core';
import type { ServerSettings } from '../server-settings.js';

/** What can change or take over a server. */
const MANAGEMENT_APIS = [
  'model-repository',
  'shared-memory',
  'logging',
  'trace',
] as const satisfies readonly ApiCategory[];

/** Only this machine reaches such an address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127(\.\d+){3}$/.test(address);
}

/**
 * A warning for each front end that lets anybody on the network manage the server: it asks neither
 * for tokens nor for a header.
 */
export function openApiWarnings(settings: ServerSettings): readonly string[] {
  if (settings.authTokensFile !== '') return [];
  const { http, grpc, vertexAi } = settings;
  const frontends = [
    { name: 'HTTP', at: http, rules: http ? http.restrictedApi : [], flag: 'http-restricted-api' },
    {
      name: 'gRPC',
      at: grpc,
      rules: grpc ? grpc.restrictedProtocol : [],
      flag: 'grpc-restricted-protocol',
    },
    {
      name: 'Vertex AI',
      at: vertexAi,
      rules: vertexAi ? vertexAi.restrictedApi : [],
      flag: 'http-restricted-api',
    },
  ];
  return frontends.flatMap(({ name, at, rules, flag }) => {
    if (!at || isLoopback(at.address)) return [];
    const restricted = rules.flatMap((rule) => rule.replace(/:.*/s, '').split(','));
    const open = MANAGEMENT_APIS.filter((api) => !restricted.some((word) => word.trim() === api));
    if (open.length === 0) return [];
    return [
      `anybody who reaches ${name} at ${at.address} may use ${open.join(', ')}; ` +
        `--auth-tokens-file, --${flag} or --secure would change that`,
    ];
  });
}
