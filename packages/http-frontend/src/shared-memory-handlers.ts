/** The endpoints about shared-memory regions, as `management-handlers` has the others. */

import { InferError } from '@nereid/core';
import {
  checkCudaStatusRequest,
  cudaNotSupported,
  parseRegisterRequest,
  systemSharedMemoryBody,
} from '@nereid/protocol';
import type { HttpResponse } from './http-exchange.js';
import { jsonResponse } from './json-response.js';
import type { ManagementCall } from './management-handlers.js';

export function systemSharedMemoryStatus({ server, route }: ManagementCall): HttpResponse {
  const regions = server.systemSharedMemory.status(nameOrAll(route.name));
  return jsonResponse(200, systemSharedMemoryBody(regions));
}

export function registerSystemSharedMemory(call: ManagementCall): HttpResponse {
  requireName(call.route.name, 'system');
  call.server.systemSharedMemory.register(
    parseRegisterRequest(call.route.name, call.exchange.body),
  );
  return jsonResponse(200, '');
}

export function unregisterSystemSharedMemory({ server, route }: ManagementCall): HttpResponse {
  server.systemSharedMemory.unregister(nameOrAll(route.name));
  return jsonResponse(200, '');
}

export function cudaSharedMemoryStatus({ server, route }: ManagementCall): HttpResponse {
  checkCudaStatusRequest(route.name, server.systemSharedMemory);
  return jsonResponse(200, '[]');
}

export function registerCudaSharedMemory({ route }: ManagementCall): HttpResponse {
  requireName(route.name, 'cuda');
  throw cudaNotSupported(route.name);
}

/** Unregistering what is not registered is no error. */
export function unregisterCudaSharedMemory(): HttpResponse {
  return jsonResponse(200, '');
}

function nameOrAll(name: string): string | undefined {
  return name === '' ? undefined : name;
}

function requireName(name: string, kind: 'system' | 'cuda'): void {
  if (name !== '') return;
  throw new InferError(
    'INVALID_ARG',
    `'region name' is necessary to register ${kind} shared memory region`,
  );
}
