import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServerInterceptingCall,
  type ServerInterceptor,
  type ServerOptions,
} from '@grpc/grpc-js';
import { type Clock, InferError } from '@nereid/core';
import { MAX_MESSAGE_BYTES } from '@nereid/protocol';
import type { GrpcMethods, StreamMethod, UnaryMethod } from './grpc-call.js';
import { GrpcJsStreamCall, GrpcJsUnaryCall } from './grpc-js-calls.js';
import type { GrpcSettings, TlsSettings } from './grpc-settings.js';
import type { GrpcTransport, TransportContext } from './grpc-transport.js';

/** Messages of one stream that may wait for its client, whatever the pool size allows. */
const MAX_QUEUED_MESSAGES = 16;

const identity = (bytes: Buffer): Buffer => bytes;

/** Carries gRPC calls to their methods by way of grpc-js, as raw messages. */
export class GrpcJsTransport implements GrpcTransport {
  readonly #server: Server;
  readonly #settings: GrpcSettings;
  readonly #clock: Clock;

  constructor(settings: GrpcSettings, methods: GrpcMethods, { clock }: TransportContext) {
    this.#settings = settings;
    this.#clock = clock;
    this.#server = new Server(serverOptions(settings));
    const queueLimit = Math.min(settings.maxResponsePoolSize, MAX_QUEUED_MESSAGES);
    for (const [path, method] of methods) {
      if (method.kind === 'unary') {
        this.#server.register(path, unaryHandler(method), identity, identity, 'unary');
      } else {
        const handler = streamHandler(method, queueLimit);
        this.#server.register(path, handler, identity, identity, 'bidi');
      }
    }
  }

  listen(): Promise<number> {
    const { address, port, tls } = this.#settings;
    const host = address.includes(':') ? `[${address}]` : address;
    const target = `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(target, credentials(tls), (error, boundPort) => {
        if (error) {
          const message = `failed to start GRPC service: cannot listen on ${target}`;
          reject(new InferError('UNAVAILABLE', `${message}: ${error.message}`, { cause: error }));
        } else resolve(boundPort);
      });
    });
  }

  async close(graceMs: number): Promise<void> {
    const cancelTimer = this.#clock.schedule(graceMs * 1000, () => this.#server.forceShutdown());
    await new Promise<void>((resolve) => {
      // The one error it can report is that it was closed before, which is what is wanted.
      this.#server.tryShutdown(() => resolve());
    });
    cancelTimer();
  }
}

function serverOptions(settings: GrpcSettings): ServerOptions {
  return {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': settings.keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': settings.keepaliveTimeoutMs,
    interceptors: [inflatedLimit(settings.maxInflatedBytes)],
    ...(settings.maxConnectionAgeMs > 0 && {
      'grpc.max_connection_age_ms': settings.maxConnectionAgeMs,
    }),
    ...(settings.maxConnectionAgeGraceMs > 0 && {
      'grpc.max_connection_age_grace_ms': settings.maxConnectionAgeGraceMs,
    }),
  };
}

/**
 * Limits what messages inflate to. A call of grpc-js has one limit, which it has handed to the
 * reader of its messages already when interceptors see it, and looks at again only while it
 * inflates.
 */
function inflatedLimit(limitBytes: number): ServerInterceptor {
  return (_method, call) => {
    Object.assign(call, { maxReceiveMessageSize: limitBytes });
    // The call itself serves where a wrapper of it is asked for, and costs nothing.
    return call as ServerInterceptingCall;
  };
}

function credentials(tls: TlsSettings | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const pair = { cert_chain: tls.certificate, private_key: tls.key };
  return ServerCredentials.createSsl(tls.rootCertificate ?? null, [pair], tls.mutual);
}

function unaryHandler(method: UnaryMethod): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => method.handle(new GrpcJsUnaryCall(call, callback), call.request);
}

function streamHandler(
  method: StreamMethod,
  queueLimit: number,
): handleBidiStreamingCall<Buffer, Buffer> {
  return (call) => {
    const reader = method.open(new GrpcJsStreamCall(call, queueLimit));
    call.on('data', (bytes: Buffer) => reader.message(bytes));
    call.on('end', () => reader.halfClose());
  };
}
