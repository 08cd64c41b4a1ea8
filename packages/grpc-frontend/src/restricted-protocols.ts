import { API_CATEGORIES, type ApiCategory, InferError } from '@nereid/core';
import type { GrpcCall } from './grpc-call.js';
import { type GrpcStatus, UNAVAILABLE } from './grpc-status.js';

/** What can be restricted, each with its methods. */
const PROTOCOLS = {
  health: [
    'inference.GRPCInferenceService/ServerLive',
    'inference.GRPCInferenceService/ServerReady',
    'inference.GRPCInferenceService/ModelReady',
    'grpc.health.v1.Health/Check',
    'grpc.health.v1.Health/Watch',
  ],
  metadata: [
    'inference.GRPCInferenceService/ServerMetadata',
    'inference.GRPCInferenceService/ModelMetadata',
  ],
  inference: [
    'inference.GRPCInferenceService/ModelInfer',
    'inference.GRPCInferenceService/ModelStreamInfer',
  ],
  'shared-memory': [
    'inference.GRPCInferenceService/SystemSharedMemoryStatus',
    'inference.GRPCInferenceService/SystemSharedMemoryRegister',
    'inference.GRPCInferenceService/SystemSharedMemoryUnregister',
    'inference.GRPCInferenceService/CudaSharedMemoryStatus',
    'inference.GRPCInferenceService/CudaSharedMemoryRegister',
    'inference.GRPCInferenceService/CudaSharedMemoryUnregister',
  ],
  'model-config': ['inference.GRPCInferenceService/ModelConfig'],
  'model-repository': [
    'inference.GRPCInferenceService/RepositoryIndex',
    'inference.GRPCInferenceService/RepositoryModelLoad',
    'inference.GRPCInferenceService/RepositoryModelUnload',
  ],
  statistics: ['inference.GRPCInferenceService/ModelStatistics'],
  trace: ['inference.GRPCInferenceService/TraceSetting'],
  logging: ['inference.GRPCInferenceService/LogSettings'],
} as const satisfies Record<ApiCategory, readonly string[]>;

const HEADER_PREFIX = 'triton-grpc-protocol-';

/** The metadata entry that a restricted method asks for. */
interface RequiredHeader {
  readonly name: string;
  readonly value: string;
}

/** The entries that restricted methods ask for, by the method's path. */
export type Restrictions = ReadonlyMap<string, RequiredHeader>;

/**
 * Parses rules of the form `<protocol>[,<protocol>…]:<key>=<value>`, one a line. A protocol may be
 * in one rule only. Throws INVALID_ARG for anything else.
 */
export function parseRestrictions(rules: string): Restrictions {
  const restrictions = new Map<string, RequiredHeader>();
  const taken = new Set<string>();
  for (const rule of rules.split('\n')) {
    if (rule.trim() === '') continue;
    const { protocols, header } = parseRule(rule.trim());
    for (const protocol of protocols) {
      if (taken.has(protocol)) {
        throw invalid(`protocol '${protocol}' is in more than one restriction`);
      }
      taken.add(protocol);
      for (const method of methodsOf(protocol)) restrictions.set(`/${method}`, header);
    }
  }
  return restrictions;
}

/**
 * The refusal of a call without the entry that its method asks for; undefined when it may proceed.
 */
export function restrictionStatus(
  header: RequiredHeader | undefined,
  call: GrpcCall,
): GrpcStatus | undefined {
  // Names of metadata are lower-case on the wire; the text tells the key as it was configured.
  if (header === undefined || call.header(header.name.toLowerCase()) === header.value)
    return undefined;
  const message = `This protocol is restricted, expecting header '${header.name}'`;
  return { code: UNAVAILABLE, message };
}

function parseRule(rule: string): { protocols: readonly string[]; header: RequiredHeader } {
  const match = /^([^:]+):([^=]+)=(.*)$/.exec(rule);
  const [, protocols, key, value] = match ?? [];
  if (protocols === undefined || key === undefined || value === undefined) {
    throw invalid(`restricted protocols are written <protocols>:<key>=<value>, got '${rule}'`);
  }
  return {
    protocols: protocols.split(',').map((protocol) => protocol.trim()),
    header: { name: `${HEADER_PREFIX}${key.trim()}`, value: value.trim() },
  };
}

/** The category of the method with this path; reflection tells what metadata tells. */
export function categoryOf(path: string): ApiCategory {
  const methods = (category: ApiCategory): readonly string[] => PROTOCOLS[category];
  const name = path.slice(1);
  return API_CATEGORIES.find((category) => methods(category).includes(name)) ?? 'metadata';
}

function methodsOf(protocol: string): readonly string[] {
  const methods = Object.entries(PROTOCOLS).find(([name]) => name === protocol)?.[1];
  if (methods !== undefined) return methods;
  const known = Object.keys(PROTOCOLS).join(', ');
  throw invalid(`cannot restrict unknown protocol '${protocol}'; there are ${known}`);
}

function invalid(message: string): InferError {
  return new InferError('INVALID_ARG', message);
}
