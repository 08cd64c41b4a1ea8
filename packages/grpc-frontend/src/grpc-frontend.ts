import type { Frontend, FrontendContext, InferenceServer, ListeningAddress } from '@nereid/core';
import { BodyMemory } from '@nereid/mapped-memory';
import { CallGate } from './call-gate.js';
import { GrpcJsTransport } from './grpc-js-transport.js';
import { grpcMethods } from './grpc-methods.js';
import { type GrpcSettings, parseGrpcSettings } from './grpc-settings.js';
import type { GrpcTransport } from './grpc-transport.js';
import { headerForwarding } from './header-forwarding.js';
import { NativeTransport } from './native-transport.js';
import { parseRestrictions } from './restricted-protocols.js';

/** Time for connections to close by themselves once no call is open. */
const CLOSE_MS = 1_000;

/** Serves an InferenceServer over gRPC: methods behind a gate, on a transport. */
export class GrpcFrontend implements Frontend {
  readonly #settings: GrpcSettings;
  readonly #context: FrontendContext;
  readonly #gate: CallGate;
  readonly #transport: GrpcTransport;
  readonly #memory: BodyMemory;

  /** Throws an InferError for settings that it cannot put in force. */
  constructor(server: InferenceServer, context: FrontendContext) {
    this.#settings = parseGrpcSettings(context.settings);
    this.#context = context;
    const restrictions = parseRestrictions(this.#settings.restrictedProtocol);
    const { accessLog: log, authorizer, clock } = context;
    this.#gate = new CallGate({ restrictions, authorizer, accessLog: log && { log, clock } });
    const forwarding = headerForwarding(this.#settings.headerForwardPattern);
    const memory = new BodyMemory(clock);
    this.#memory = memory;
    const methods = grpcMethods({ server, clock, forwarding, memory });
    const Transport = this.#settings.transport === 'native' ? NativeTransport : GrpcJsTransport;
    this.#transport = new Transport(this.#settings, this.#gate.guard(methods), {
      ...context,
      memory,
    });
  }

  async start(): Promise<ListeningAddress> {
    const port = await this.#transport.listen();
    return { service: 'GRPCInferenceService', host: this.#settings.address, port };
  }

  async stop(graceMs: number): Promise<void> {
    // Connections stay open while calls finish, so that new requests are told why they are refused.
    const inTime = await this.#callsEnded(graceMs);
    await this.#transport.close(inTime ? CLOSE_MS : 0);
    this.#memory.close();
  }

  /** Resolves to false when calls are still open after the grace. */
  #callsEnded(graceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const cancelTimer = this.#context.clock.schedule(graceMs * 1000, () => resolve(false));
      void this.#gate.stop().then(() => {
        cancelTimer();
        resolve(true);
      });
    });
  }
}
