import {
  type CancelSignal,
  type Clock,
  InferError,
  type InferenceServer,
  type ModelConfig,
} from '@nereid/core';
import type { BodyMemory } from '@nereid/mapped-memory';
import {
  type CompletedInferRequest,
  completeInferRequest,
  type InferRequestMessage,
  parseModelVersion,
} from '@nereid/protocol';
import type { GrpcCall } from './grpc-call.js';
import type { HeaderForwarding } from './header-forwarding.js';

/** What both inference methods need. */
export interface InferServices {
  readonly server: InferenceServer;
  readonly clock: Clock;
  readonly forwarding: HeaderForwarding;
  /** Takes the memory of messages back that nothing refers to any more. */
  readonly memory: Pick<BodyMemory, 'giveBack'>;
}

/**
 * The configuration of the model that a message names; throws as the server does when there is
 * none.
 */
export function findModel(server: InferenceServer, message: InferRequestMessage): ModelConfig {
  return server.modelConfig(message.modelName, parseModelVersion(message.modelVersion));
}

export function isDecoupled(config: ModelConfig): boolean {
  return config.modelTransactionPolicy?.decoupled === true;
}

/** Refuses a decoupled model where a call can have one response only. */
export function refuseDecoupled(config: ModelConfig): void {
  if (!isDecoupled(config)) return;
  throw new InferError(
    'UNSUPPORTED',
    "ModelInfer RPC doesn't support models with decoupled transaction policy",
  );
}

/** Where a message came from. */
interface MessageOrigin {
  readonly call: GrpcCall;
  /** What cancels the request. */
  readonly signal: CancelSignal;
  readonly services: InferServices;
}

/** Makes the request of a message, with what the call's metadata adds to it. */
export function completeMessage(
  message: InferRequestMessage,
  config: ModelConfig,
  { call, signal, services }: MessageOrigin,
): CompletedInferRequest {
  return completeInferRequest(message, {
    config,
    signal,
    forwarded: services.forwarding(call),
    sharedMemory: services.server.systemSharedMemory,
  });
}
