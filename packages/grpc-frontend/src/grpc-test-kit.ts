/** What tests of the methods share: a call without a connection. */

import { CancelSource } from '@nereid/core';
import type { GrpcStreamCall } from './grpc-call.js';
import type { GrpcStatus } from './grpc-status.js';

/** Keeps what it is told; its client reads everything at once. */
export class FakeCall implements GrpcStreamCall {
  readonly client = '127.0.0.1';
  readonly signal = new CancelSource();
  readonly written: Buffer[] = [];
  readonly ends: GrpcStatus[] = [];
  paused = false;
  /** To be called when pieces that were written last have been sent. */
  sent: (() => void) | undefined;

  header(): undefined {}
  headers() {
    return [];
  }
  write(message: Buffer): boolean {
    this.written.push(message);
    return true;
  }
  writePieces(pieces: readonly Buffer[], sent?: () => void): boolean {
    this.written.push(...pieces);
    this.sent = sent;
    return true;
  }
  drained(): Promise<void> {
    return Promise.resolve();
  }
  end(status: GrpcStatus): void {
    this.ends.push(status);
  }
  onClosed(): void {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  retain(): void {}
  release(): void {}
}
