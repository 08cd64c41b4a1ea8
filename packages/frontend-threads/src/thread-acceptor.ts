import type { Socket } from 'node:net';
import type { ConnectionAcceptor } from '@nereid/core';
import type { RemoteCalls } from './remote-calls.js';
import type { ListenPlace } from './server-calls.js';

/** The connections that one front end of a thread gets of those that the main thread accepts. */
export class ThreadAcceptor implements ConnectionAcceptor {
  readonly #calls: RemoteCalls;
  readonly #frontend: string;
  #take: ((socket: Socket) => void) | undefined;

  constructor(calls: RemoteCalls, frontend: string) {
    this.#calls = calls;
    this.#frontend = frontend;
  }

  listen(place: ListenPlace, take: (socket: Socket) => void): Promise<number> {
    this.#take = take;
    return this.#calls.later('listen', this.#frontend, place);
  }

  close(): void {
    this.#take = undefined;
    this.#calls.notice('unlisten', this.#frontend);
  }

  /** A connection has come. */
  accept(socket: Socket): void {
    if (this.#take === undefined) socket.destroy();
    else this.#take(socket);
  }
}
