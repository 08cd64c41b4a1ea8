import {
  type InferenceRequest,
  type InferenceServer,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import { SharedMemorySink } from './shared-memory-sink.js';
import type { SharedMemoryUse } from './shared-memory-use.js';

/** A decoded request, and the shared memory that it needs, if any. */
export interface SubmittableRequest {
  readonly request: InferenceRequest;
  readonly sharedMemory: SharedMemoryUse | undefined;
}

/**
 * Hands a request to the server, with the inputs that are in shared memory read before and outputs
 * that belong there written after. All errors go to the sink. Returns a promise that resolves when
 * the server has the request, if that takes a while; undefined if it has it already.
 */
export function submitRequest(
  server: Pick<InferenceServer, 'infer'>,
  { request, sharedMemory }: SubmittableRequest,
  sink: ResponseSink,
): Promise<void> | undefined {
  if (sharedMemory === undefined) {
    server.infer(request, sink);
    return undefined;
  }
  const memorySink = new SharedMemorySink(sink, sharedMemory);
  const fail = (error: unknown) => memorySink.end(toInferError(error));
  try {
    const loading = sharedMemory.load();
    if (loading !== undefined) return loading.then(() => server.infer(request, memorySink), fail);
  } catch (error) {
    fail(error);
    return undefined;
  }
  server.infer(request, memorySink);
  return undefined;
}
