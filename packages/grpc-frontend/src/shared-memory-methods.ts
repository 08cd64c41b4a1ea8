import type { InferenceServer, SharedMemoryRegion } from '@nereid/core';
import {
  CudaSharedMemoryRegisterRequest,
  CudaSharedMemoryRegisterResponse,
  CudaSharedMemoryStatusRequest,
  CudaSharedMemoryStatusResponse,
  CudaSharedMemoryUnregisterRequest,
  CudaSharedMemoryUnregisterResponse,
  checkCudaStatusRequest,
  cudaNotSupported,
  SystemSharedMemoryRegisterRequest,
  SystemSharedMemoryRegisterResponse,
  SystemSharedMemoryStatusRequest,
  SystemSharedMemoryStatusResponse,
  SystemSharedMemoryUnregisterRequest,
  SystemSharedMemoryUnregisterResponse,
} from '@nereid/protocol';
import { controlMethod } from './control-method.js';
import type { UnaryMethod } from './grpc-call.js';

/** The methods about shared-memory regions, by name. */
export function sharedMemoryMethods(
  server: InferenceServer,
): Readonly<Record<string, UnaryMethod>> {
  return { ...systemMethods(server), ...cudaMethods(server) };
}

function systemMethods(server: InferenceServer): Readonly<Record<string, UnaryMethod>> {
  const regions = server.systemSharedMemory;
  return {
    SystemSharedMemoryStatus: controlMethod({
      request: SystemSharedMemoryStatusRequest,
      response: SystemSharedMemoryStatusResponse,
      answer: ({ name }) => ({
        regions: Object.fromEntries(regions.status(nameOrAll(name)).map(regionEntry)),
      }),
    }),
    SystemSharedMemoryRegister: controlMethod({
      request: SystemSharedMemoryRegisterRequest,
      response: SystemSharedMemoryRegisterResponse,
      answer: ({ name, key, offset, byteSize }) => {
        // What a number cannot hold exactly fits in no shared-memory object, rounded or not.
        regions.register({ name, key, offset: Number(offset), sizeBytes: Number(byteSize) });
        return {};
      },
    }),
    SystemSharedMemoryUnregister: controlMethod({
      request: SystemSharedMemoryUnregisterRequest,
      response: SystemSharedMemoryUnregisterResponse,
      answer: ({ name }) => {
        regions.unregister(nameOrAll(name));
        return {};
      },
    }),
  };
}

function cudaMethods(server: InferenceServer): Readonly<Record<string, UnaryMethod>> {
  return {
    CudaSharedMemoryStatus: controlMethod({
      request: CudaSharedMemoryStatusRequest,
      response: CudaSharedMemoryStatusResponse,
      answer: ({ name }) => {
        checkCudaStatusRequest(name, server.systemSharedMemory);
        return {};
      },
    }),
    CudaSharedMemoryRegister: controlMethod({
      request: CudaSharedMemoryRegisterRequest,
      response: CudaSharedMemoryRegisterResponse,
      answer: ({ name }) => {
        throw cudaNotSupported(name);
      },
    }),
    // Unregistering what is not registered is no error.
    CudaSharedMemoryUnregister: controlMethod({
      request: CudaSharedMemoryUnregisterRequest,
      response: CudaSharedMemoryUnregisterResponse,
      answer: () => ({}),
    }),
  };
}

/** The empty name stands for all regions. */
function nameOrAll(name: string): string | undefined {
  return name === '' ? undefined : name;
}

function regionEntry({ name, key, offset, sizeBytes }: SharedMemoryRegion) {
  return [name, { name, key, offset, byteSize: sizeBytes }] as const;
}
