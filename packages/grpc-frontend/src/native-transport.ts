import { type Clock, type FrontendContext, InferError } from '@nereid/core';
import { canReusePort, GrpcServer, type ServerOptions } from '@nereid/grpc-transport';
import { MAX_MESSAGE_BYTES } from '@nereid/protocol';
import type { GrpcMethods } from './grpc-call.js';
import type { GrpcSettings } from './grpc-settings.js';
import type { GrpcTransport, TransportContext } from './grpc-transport.js';

/** Messages of one stream that may wait for its client, whatever the pool size allows. */
const MAX_QUEUED_MESSAGES = 16;
/** The methods whose responses are compressed, when any are. */
const INFERENCE = /\.GRPCInferenceService\/Model(Stream)?Infer$/;

/** Carries gRPC calls to their methods by way of `@nereid/grpc-transport`. */
export class NativeTransport implements GrpcTransport {
  readonly #settings: GrpcSettings;
  readonly #server: GrpcServer;
  readonly #acceptor: FrontendContext['acceptor'];

  /** Throws UNSUPPORTED for a setting that this Node cannot put in force. */
  constructor(settings: GrpcSettings, methods: GrpcMethods, context: TransportContext) {
    if (settings.reusePort && !canReusePort()) {
      const needed = "gRPC setting 'reuse-port' needs Node 22.12 or 23.1";
      throw new InferError('UNSUPPORTED', `${needed}; this is ${process.version}`);
    }
    this.#settings = settings;
    this.#server = new GrpcServer(methods, {
      ...serverOptions(settings, context.clock),
      allocator: context.memory,
    });
    this.#acceptor = context.acceptor;
  }

  async listen(): Promise<number> {
    const { address: host, port, reusePort } = this.#settings;
    try {
      const place = { host, port, reusePort };
      if (this.#acceptor === undefined) return await this.#server.listen(place);
      return await this.#acceptor.listen(place, (socket) => this.#server.accept(socket));
    } catch (cause) {
      const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `failed to start GRPC service: cannot listen on ${target}: ${reason}`;
      throw new InferError('UNAVAILABLE', message, { cause });
    }
  }

  close(graceMs: number): Promise<void> {
    this.#acceptor?.close();
    return this.#server.close(graceMs);
  }
}

function serverOptions(settings: GrpcSettings, clock: Clock): ServerOptions {
  const { responseCompression, maxMessagesBytes } = settings;
  return {
    tls: settings.tls,
    clock: {
      nowMs: () => clock.nowNs() / 1e6,
      after: (delayMs, task) => clock.schedule(delayMs * 1000, task),
    },
    compression: (path) => (INFERENCE.test(path) ? responseCompression : 'none'),
    maxReceiveMessageBytes: MAX_MESSAGE_BYTES,
    maxInflatedMessageBytes: settings.maxInflatedBytes,
    ...(maxMessagesBytes > 0 && { maxMessagesBytes }),
    maxQueuedMessages: Math.min(settings.maxResponsePoolSize, MAX_QUEUED_MESSAGES),
    keepaliveTimeMs: settings.keepaliveTimeMs,
    keepaliveTimeoutMs: settings.keepaliveTimeoutMs,
    keepalivePermitWithoutCalls: settings.keepalivePermitWithoutCalls,
    maxPingsWithoutData: settings.maxPingsWithoutData,
    minPingIntervalMs: settings.minPingIntervalMs,
    maxPingStrikes: settings.maxPingStrikes,
    maxConnectionAgeMs: settings.maxConnectionAgeMs,
    maxConnectionAgeGraceMs: settings.maxConnectionAgeGraceMs,
  };
}
