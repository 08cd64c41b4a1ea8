import type { FrontendContext } from '@nereid/core';

/** What a transport needs of the server. */
export type TransportContext = Pick<FrontendContext, 'clock' | 'acceptor'>;

/** Carries gRPC calls to their methods. */
export interface GrpcTransport {
  /**
   * Listens and resolves to the port. Rejects with UNAVAILABLE, naming the address, when it cannot.
   */
  listen(): Promise<number>;
  /**
   * Closes all connections when their calls have ended, or after `graceMs` milliseconds regardless.
   */
  close(graceMs: number): Promise<void>;
}
