import type { Frontend, ListeningAddress } from '@nereid/core';
import type { HttpTransport } from './http-transport.js';

/** A front end that is one listener. */
export class TransportFrontend implements Frontend {
  readonly #service: string;
  readonly #transport: HttpTransport;

  constructor(service: string, transport: HttpTransport) {
    this.#service = service;
    this.#transport = transport;
  }

  async start(): Promise<ListeningAddress> {
    const { address, port } = await this.#transport.listen();
    return { service: this.#service, host: address, port };
  }

  stop(graceMs: number): Promise<void> {
    return this.#transport.close(graceMs);
  }
}
