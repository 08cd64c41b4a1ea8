import { STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@nereid/core';
import { HttpServer, type HttpTimer, type Refusal } from '@nereid/http-transport';
import { BodyMemory } from '@nereid/mapped-memory';
import { defaultBudgetBytes } from './body-budget.js';
import type { HttpExchange, HttpResponse } from './http-exchange.js';
import {
  BODY_PROBLEMS,
  EXITING,
  type HttpTransport,
  type TransportOptions,
} from './http-transport.js';
import { errorResponse } from './json-response.js';
import { cannotListen, checkReusePort } from './listening.js';
import { NativeExchange } from './native-exchange.js';
import { tlsOptions, unusableCertificate } from './tls-settings.js';

/** What the transport's refusals say, where it is not only the name of their status. */
const PROBLEM_OF_STATUS: Readonly<Record<number, HttpResponse>> = {
  408: BODY_PROBLEMS['too-slow'],
  413: BODY_PROBLEMS['too-large'],
  503: BODY_PROBLEMS['no-budget'],
};

/** Carries exchanges over HTTP/1.1 with `@nereid/http-transport`. */
export class NativeTransport implements HttpTransport {
  readonly #options: TransportOptions;
  readonly #server: HttpServer<HttpExchange>;
  readonly #memory: BodyMemory;
  #closing = false;

  /** Throws INVALID_ARG for certificates that it cannot use. */
  constructor(options: TransportOptions) {
    this.#options = options;
    const { listen, clock, maxBodiesBytes } = options;
    const { tls } = listen;
    const handler = {
      received: (carried: Carried) => this.#receive(carried),
      handle: (carried: Carried) => this.#handle(carried),
      refuse: (carried: Carried, refusal: Refusal) => carried.context?.respond(answerTo(refusal)),
      errorAnswer: (refusal: Refusal) => {
        const { headers, chunks } = answerTo(refusal);
        return { fields: headers, chunks };
      },
    };
    const limits = { maxHeldBodyBytes: maxBodiesBytes ?? defaultBudgetBytes() };
    const timer = timerOf(clock);
    this.#memory = new BodyMemory(clock);
    try {
      this.#server = new HttpServer({
        handler,
        limits,
        timer,
        allocator: this.#memory,
        tls: tls && tlsOptions(tls),
      });
    } catch (cause) {
      throw unusableCertificate(cause);
    }
  }

  async listen(): Promise<Pick<AddressInfo, 'address' | 'port'>> {
    const { listen, acceptor } = this.#options;
    const { address: host, port, reusePort } = listen;
    if (reusePort) checkReusePort();
    try {
      const place = { host, port, reusePort };
      if (acceptor === undefined) return await this.#server.listen(place);
      const takenPort = await acceptor.listen(place, (socket) => this.#server.accept(socket));
      return { address: host, port: takenPort };
    } catch (cause) {
      throw cannotListen({ host, port }, cause);
    }
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#options.acceptor?.close();
    await this.#server.close(graceMs);
    this.#memory.close();
  }

  #receive(carried: Carried): HttpExchange {
    const received = new NativeExchange(carried, this.#options.receiveTimeNs?.() ?? 0);
    return this.#options.observe?.(received) ?? received;
  }

  #handle({ context }: Carried): void {
    if (!context) return;
    if (this.#closing) context.respond(EXITING);
    else this.#options.handle(context);
  }
}

type Carried = Parameters<
  ConstructorParameters<typeof HttpServer<HttpExchange>>[0]['handler']['handle']
>[0];

function answerTo({ status }: Refusal): HttpResponse {
  return PROBLEM_OF_STATUS[status] ?? errorResponse(status, STATUS_CODES[status] ?? '');
}

function timerOf(clock: Clock): HttpTimer {
  return {
    nowMs: () => clock.nowNs() / 1e6,
    every(intervalMs, action) {
      let cancel = () => {};
      const again = () => {
        cancel = clock.schedule(intervalMs * 1000, () => {
          action();
          again();
        });
      };
      again();
      return () => cancel();
    },
  };
}
