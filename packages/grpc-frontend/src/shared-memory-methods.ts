import { InferError } from '@nereid/core';
import {
  CudaSharedMemoryStatusRequest,
  CudaSharedMemoryStatusResponse,
  CudaSharedMemoryUnregisterRequest,
  CudaSharedMemoryUnregisterResponse,
  SystemSharedMemoryStatusRequest,
  SystemSharedMemoryStatusResponse,
  SystemSharedMemoryUnregisterRequest,
  SystemSharedMemoryUnregisterResponse,
} from '@nereid/protocol';
import { controlMethod, laterMethod } from './control-method.js';
import type { UnaryMethod } from './grpc-call.js';

/**
 * The methods about shared-memory regions, by name. No region can be registered, so there is none
 * to report and none to give up; as in Triton, giving up an unknown region is no error.
 */
export function sharedMemoryMethods(): Readonly<Record<string, UnaryMethod>> {
  const later = laterMethod('registering shared memory is');
  return {
    SystemSharedMemoryStatus: controlMethod({
      request: SystemSharedMemoryStatusRequest,
      response: SystemSharedMemoryStatusResponse,
      answer: ({ name }) => emptyStatus('system', name),
    }),
    SystemSharedMemoryRegister: later,
    SystemSharedMemoryUnregister: controlMethod({
      request: SystemSharedMemoryUnregisterRequest,
      response: SystemSharedMemoryUnregisterResponse,
      answer: () => ({}),
    }),
    CudaSharedMemoryStatus: controlMethod({
      request: CudaSharedMemoryStatusRequest,
      response: CudaSharedMemoryStatusResponse,
      answer: ({ name }) => emptyStatus('cuda', name),
    }),
    CudaSharedMemoryRegister: later,
    CudaSharedMemoryUnregister: controlMethod({
      request: CudaSharedMemoryUnregisterRequest,
      response: CudaSharedMemoryUnregisterResponse,
      answer: () => ({}),
    }),
  };
}

function emptyStatus(kind: 'system' | 'cuda', name: string): Record<never, never> {
  if (name === '') return {};
  throw new InferError('NOT_FOUND', `Unable to find ${kind} shared memory region: '${name}'`);
}
