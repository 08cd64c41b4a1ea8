import type { Clock, InferenceServer } from '@nereid/core';
import { HealthCheckRequest, HealthCheckResponse } from '@nereid/protocol';
import { STOPPING } from './call-gate.js';
import { controlMethod } from './control-method.js';
import type { GrpcMethod, GrpcStreamCall, StreamReader } from './grpc-call.js';

/** How often a watched status is looked at: the server does not say when its readiness changes. */
const WATCH_INTERVAL_US = 1_000_000;

/**
 * The standard health service. Like Triton it tells the server's readiness whatever service is
 * asked for.
 */
export function healthMethods(
  server: InferenceServer,
  clock: Clock,
): Readonly<Record<string, GrpcMethod>> {
  return {
    Check: controlMethod({
      request: HealthCheckRequest,
      response: HealthCheckResponse,
      answer: () => ({ status: servingStatus(server) }),
    }),
    Watch: { kind: 'stream', open: (call) => new HealthWatch(call, { server, clock }) },
  };
}

type ServingStatus = NonNullable<HealthCheckResponse['status']>;

function servingStatus(server: InferenceServer): ServingStatus {
  return server.isReady() ? 'SERVING' : 'NOT_SERVING';
}

interface HealthSource {
  readonly server: InferenceServer;
  readonly clock: Clock;
}

/** One Watch call: sends the status at once, and again when it has changed. */
class HealthWatch implements StreamReader {
  readonly #call: GrpcStreamCall;
  readonly #source: HealthSource;
  #told: ServingStatus | undefined;
  #stopTimer: (() => void) | undefined;

  constructor(call: GrpcStreamCall, source: HealthSource) {
    this.#call = call;
    this.#source = source;
    call.signal.onCancel(() => this.#stopTimer?.());
  }

  message(bytes: Buffer): void {
    HealthCheckRequest.decode(bytes);
    // A second message has nothing to add to a watch that runs.
    if (this.#stopTimer === undefined) this.#tell();
  }

  halfClose(): void {}

  stop(): void {
    this.#stopTimer?.();
    this.#call.end(STOPPING);
  }

  readonly #tell = (): void => {
    if (this.#call.signal.cancelled) return;
    const status = servingStatus(this.#source.server);
    if (status !== this.#told) {
      this.#told = status;
      this.#call.write(HealthCheckResponse.encode({ status }));
    }
    this.#stopTimer = this.#source.clock.schedule(WATCH_INTERVAL_US, this.#tell);
  };
}
