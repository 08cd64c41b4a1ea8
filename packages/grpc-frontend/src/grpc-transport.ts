import type { FrontendContext } from '@nereid/core';
import type { BodyMemory } from '@nereid/mapped-memory';

/** What a transport needs of the server. */
export interface TransportContext extends Pick<FrontendContext, 'clock' | 'acceptor'> {
  /** For large messages; whoever is done with one gives its memory back. */
  readonly memory: BodyMemory;
}

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
