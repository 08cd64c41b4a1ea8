import type { AccessLog, CancelSignal, Clock } from '@nereid/core';
import { AccessRecord } from '@nereid/protocol';
import type { GrpcCall, GrpcStreamCall } from './grpc-call.js';
import { CANCELLED, type GrpcStatus } from './grpc-status.js';

/** A call that tells the access log how it ended. */
export class LoggedCall implements GrpcCall {
  readonly access: AccessRecord;
  readonly #call: GrpcCall;

  constructor(call: GrpcCall, path: string, { log, clock }: LoggedCallServices) {
    this.#call = call;
    const client = call.client;
    this.access = new AccessRecord(log, clock, { protocol: 'gRPC', client, method: 'POST', path });
    call.signal.onCancel(() => this.access.answered(CANCELLED));
  }

  get signal(): CancelSignal {
    return this.#call.signal;
  }

  get client(): string {
    return this.#call.client;
  }

  header(name: string): string | undefined {
    return this.#call.header(name);
  }

  headers(): Iterable<readonly [string, string]> {
    return this.#call.headers();
  }

  write(message: Buffer): boolean {
    this.access.sent(message.length);
    return this.#call.write(message);
  }

  writePieces(pieces: readonly Buffer[], sent?: () => void): boolean {
    this.access.sent(pieces.reduce((sum, { length }) => sum + length, 0));
    return this.#call.writePieces(pieces, sent);
  }

  drained(): Promise<void> {
    return this.#call.drained();
  }

  end(status: GrpcStatus): void {
    this.#call.end(status);
    this.access.answered(status.code);
  }

  onClosed(listener: () => void): void {
    this.#call.onClosed(listener);
  }
}

export class LoggedStreamCall extends LoggedCall implements GrpcStreamCall {
  readonly #call: GrpcStreamCall;

  constructor(call: GrpcStreamCall, path: string, services: LoggedCallServices) {
    super(call, path, services);
    this.#call = call;
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  retain(sizeBytes: number): void {
    this.#call.retain(sizeBytes);
  }

  release(sizeBytes: number): void {
    this.#call.release(sizeBytes);
  }
}

export interface LoggedCallServices {
  readonly log: AccessLog;
  readonly clock: Clock;
}
