import type { ServerResponse } from 'node:http';
import type { ResponseWriter } from './http-exchange.js';
import { joinSmall, watchProgress } from './node-writes.js';

/** A producer that does not wait for its client may be so many bytes ahead of it. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** Streams an answer through `node:http`, which frames it. */
export class NodeResponseWriter implements ResponseWriter {
  readonly #response: ServerResponse;
  /** Resolves when the client has caught up or gone; undefined while it keeps up. */
  #drained: Promise<void> | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  write(chunks: readonly Uint8Array[]): Promise<void> | undefined {
    const response = this.#response;
    if (response.destroyed) return undefined;
    if (this.#drained !== undefined && response.writableLength > MAX_UNREAD_BYTES) {
      response.destroy();
      return undefined;
    }
    if (this.#send(chunks)) return this.#drained;
    this.#drained ??= this.#waitForClient();
    return this.#drained;
  }

  end(): void {
    if (!this.#response.destroyed) this.#response.end();
  }

  /** False when the client has fallen behind. */
  #send(chunks: readonly Uint8Array[]): boolean {
    const response = this.#response;
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (sizeBytes === 0) return true;
    const joined = joinSmall(chunks, sizeBytes);
    if (joined !== undefined) return response.write(joined);
    response.cork();
    let ready = true;
    for (const chunk of chunks) ready = response.write(chunk);
    response.uncork();
    return ready;
  }

  #waitForClient(): Promise<void> {
    const response = this.#response;
    const { socket } = response;
    const endWatch = socket === null ? () => {} : watchProgress(socket);
    return new Promise((resolve) => {
      const settle = () => {
        response.off('drain', settle).off('close', settle);
        endWatch();
        socket?.setTimeout(0);
        this.#drained = undefined;
        resolve();
      };
      response.once('drain', settle).once('close', settle);
    });
  }
}
