import type { MessagePort } from 'node:worker_threads';
import {
  type Frontend,
  type FrontendContext,
  type FrontendPlugin,
  InferError,
  type MetricRegistry,
  type ServerMetadata,
  systemClock,
} from '@nereid/core';
import { plainError, type Settled } from './plain-error.js';
import { TO_THREAD } from './record-kinds.js';
import { RemoteAuthorizer } from './remote-authorizer.js';
import { RemoteCalls } from './remote-calls.js';
import { RemoteInferences } from './remote-inferences.js';
import { RemoteAccessLog, remoteLogger } from './remote-log.js';
import { RemoteServer } from './remote-server.js';
import type { FrontendOrder, Order } from './server-calls.js';
import { receiveSockets } from './socket-pipe.js';
import { ThreadAcceptor } from './thread-acceptor.js';
import { type LinkEnd, type RecordReceiver, ThreadLink } from './thread-link.js';

/** What a front-end thread is given as it starts. */
export interface FrontThreadData {
  readonly link: LinkEnd;
  readonly replies: MessagePort;
  readonly replyCount: SharedArrayBuffer;
  readonly sharedWords: SharedArrayBuffer;
  /** Where connections come from. */
  readonly socketPath: string;
  readonly metadata: ServerMetadata;
  /** The URL of a module that is imported first. */
  readonly setup: string | undefined;
}

interface RunningFrontend {
  readonly frontend: Frontend;
  readonly acceptor: ThreadAcceptor;
}

/** The front ends of one thread, and the server that they see. */
export class FrontThread implements RecordReceiver {
  readonly #link: ThreadLink;
  readonly #calls: RemoteCalls;
  readonly #inferences: RemoteInferences;
  readonly #server: RemoteServer;
  readonly #acceptors = new Map<string, ThreadAcceptor>();
  readonly #running = new Map<string, RunningFrontend>();

  private constructor(data: FrontThreadData) {
    this.#link = new ThreadLink(data.link, this);
    this.#calls = new RemoteCalls(this.#link, data);
    this.#inferences = new RemoteInferences(this.#link);
    this.#server = new RemoteServer({
      metadata: data.metadata,
      calls: this.#calls,
      inferences: this.#inferences,
      sharedWords: new Int32Array(data.sharedWords),
      clock: systemClock,
    });
  }

  /** Resolves when it is ready for orders. */
  static async start(data: FrontThreadData): Promise<void> {
    const thread = new FrontThread(data);
    // One request or one plugin has failed; the connections of the others go on.
    const log = (fault: unknown) => {
      const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
      remoteLogger(thread.#calls, '').error(`nobody caught in a front-end thread: ${text}`);
    };
    process.on('uncaughtException', log);
    process.on('unhandledRejection', log);
    if (data.setup !== undefined) await import(data.setup);
    await receiveSockets(data.socketPath, (socket, label) => {
      const acceptor = thread.#acceptors.get(label);
      if (acceptor === undefined) socket.destroy();
      else acceptor.accept(socket);
    });
  }

  receive(kind: number): void {
    switch (kind) {
      case TO_THREAD.response:
        this.#inferences.respond();
        break;
      case TO_THREAD.end:
        this.#inferences.end();
        break;
      case TO_THREAD.executed:
        this.#inferences.executed();
        break;
      case TO_THREAD.failure:
        this.#inferences.fail();
        break;
      case TO_THREAD.failedResponse:
        this.#inferences.failedResponse();
        break;
      case TO_THREAD.responseForm:
        this.#inferences.addForm();
        break;
      case TO_THREAD.responseObject:
        this.#inferences.respondObject();
        break;
      case TO_THREAD.result:
        this.#calls.settle();
        break;
      case TO_THREAD.order:
        void this.#carryOut(this.#link.take() as Order);
        break;
    }
  }

  async #carryOut(order: Order): Promise<void> {
    let result: Settled;
    try {
      const value = order.kind === 'start' ? await this.#start(order.frontend) : undefined;
      if (order.kind === 'stop') await this.#stop(order.name, order.graceMs);
      result = { value };
    } catch (error) {
      result = { error: plainError(error) };
    }
    this.#calls.notice('carriedOut', order.number, result);
  }

  async #start(order: FrontendOrder) {
    const module: { readonly default: FrontendPlugin } = await import(order.module);
    const acceptor = new ThreadAcceptor(this.#calls, order.name);
    const frontend = module.default.createFrontend(this.#server, this.#context(order, acceptor));
    this.#acceptors.set(order.name, acceptor);
    const address = await frontend.start();
    this.#running.set(order.name, { frontend, acceptor });
    return address;
  }

  async #stop(name: string, graceMs: number): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    await running?.frontend.stop(graceMs);
  }

  #context(order: FrontendOrder, acceptor: ThreadAcceptor): FrontendContext {
    const calls = this.#calls;
    const server = this.#server;
    return {
      logger: remoteLogger(calls, order.name),
      settings: order.settings,
      metrics: NO_METRICS,
      clock: systemClock,
      infer: (request, sink) => server.infer(request, sink),
      models: server,
      acceptor,
      authorizer: order.authorized ? new RemoteAuthorizer(calls, systemClock) : undefined,
      accessLog: order.logged ? new RemoteAccessLog(calls) : undefined,
    };
  }
}

function refuseMetrics(): never {
  throw new InferError('UNSUPPORTED', 'a front end on a thread of its own has no metrics');
}

/** Metrics belong to the main thread; the front ends that may run on threads have none. */
const NO_METRICS: MetricRegistry = {
  counter: refuseMetrics,
  gauge: refuseMetrics,
  histogram: refuseMetrics,
  collected: refuseMetrics,
};
