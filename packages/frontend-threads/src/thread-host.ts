import type { Socket } from 'node:net';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import {
  type AccessLog,
  type Authorizer,
  InferError,
  type InferenceServer,
  type Logger,
  toInferError,
} from '@nereid/core';
import { createRingMemory } from './byte-ring.js';
import type { FrontThreadData } from './front-thread.js';
import { HostedInferences } from './hosted-inferences.js';
import { plainError, type Settled, settledValue } from './plain-error.js';
import { TO_SERVER, TO_THREAD } from './record-kinds.js';
import { SenderDoor } from './sender-door.js';
import type { ListenPlace, Order } from './server-calls.js';
import type { ConnectionTaker } from './shared-listener.js';
import { rawHandle, type SocketSender } from './socket-pipe.js';
import { ThreadDesk } from './thread-desk.js';
import { type RecordReceiver, ThreadLink } from './thread-link.js';

/** Requests and responses that may be on their way between two threads, each way. */
const RING_BYTES = 1 << 20;

/** What all front-end threads share. */
export interface ThreadServices {
  readonly server: InferenceServer;
  readonly logger: Logger;
  readonly authorizer: Authorizer | undefined;
  readonly accessLog: AccessLog | undefined;
  readonly sharedWords: SharedArrayBuffer;
  readonly setup?: string | undefined;
  listen(frontend: string, place: ListenPlace, host: ThreadHost): Promise<number>;
  unlisten(frontend: string, host: ThreadHost): void;
  /** The thread has died, which `close` is not told as. */
  died(host: ThreadHost, reason: string): void;
}

type NewOrder<O> = O extends Order ? Omit<O, 'number'> : never;

interface OpenOrder {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The main thread's side of one front-end thread. */
export class ThreadHost implements RecordReceiver, ConnectionTaker {
  readonly #services: ThreadServices;
  readonly #thread: Worker;
  readonly #link: ThreadLink;
  readonly #replies: MessagePort;
  readonly #replyCount: Int32Array;
  readonly #inferences: HostedInferences;
  readonly #desk: ThreadDesk;
  readonly #orders = new Map<number, OpenOrder>();
  #sender: SocketSender | undefined;
  #nextOrder = 0;
  #failure = 'it ended by itself';
  #over = false;

  private constructor(services: ThreadServices, socketPath: string) {
    this.#services = services;
    const outgoing = createRingMemory(RING_BYTES);
    const incoming = createRingMemory(RING_BYTES);
    const bells = new MessageChannel();
    const objects = new MessageChannel();
    const replies = new MessageChannel();
    const replyCount = new SharedArrayBuffer(4);
    this.#replies = replies.port1;
    this.#replyCount = new Int32Array(replyCount);
    const { sharedWords, server } = services;
    const data: FrontThreadData = {
      link: {
        outgoing: incoming,
        incoming: outgoing,
        bell: bells.port2,
        objects: objects.port2,
      },
      replies: replies.port2,
      replyCount,
      sharedWords,
      socketPath,
      setup: services.setup,
      metadata: server.metadata,
    };
    this.#thread = new Worker(new URL('./front-thread-main.js', import.meta.url), {
      name: 'front end',
      workerData: data,
      transferList: [bells.port2, objects.port2, replies.port2],
    });
    const end = { outgoing, incoming, bell: bells.port1, objects: objects.port1 };
    this.#link = new ThreadLink(end, this);
    this.#inferences = new HostedInferences(server, this.#link);
    this.#desk = new ThreadDesk({
      ...services,
      sharedWords: new Int32Array(sharedWords),
      listen: (frontend, place) => services.listen(frontend, place, this),
      unlisten: (frontend) => services.unlisten(frontend, this),
      carriedOut: (order, result) => this.#carriedOut(order, result),
    });
  }

  /** Starts a thread without front ends. Rejects with INTERNAL when it does not start. */
  static async start(services: ThreadServices): Promise<ThreadHost> {
    const door = await SenderDoor.open();
    try {
      const host = new ThreadHost(services, door.path);
      const [sender] = await Promise.all([door.entered(host.#exited()), host.#ready()]);
      host.#sender = sender;
      host.#watch();
      return host;
    } finally {
      await door.close();
    }
  }

  /** Has the thread do something; resolves with its result. */
  order(order: NewOrder<Order>): Promise<unknown> {
    if (this.#over) return Promise.reject(this.#gone());
    const number = this.#nextOrder;
    this.#nextOrder += 1;
    return new Promise((resolve, reject) => {
      this.#orders.set(number, { resolve, reject });
      this.#link.post(TO_THREAD.order, { ...order, number });
    });
  }

  pass(socket: Socket, frontend: string): void {
    const handle = rawHandle(socket);
    if (handle === undefined || this.#sender === undefined || this.#over) {
      socket.destroy();
      return;
    }
    // The thread has a descriptor of its own once the message is on its way.
    this.#sender.send(handle, frontend, () => socket.destroy());
  }

  /** Ends the thread, whose front ends have stopped. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#end();
    await this.#thread.terminate();
  }

  receive(kind: number, link: ThreadLink): void {
    switch (kind) {
      case TO_SERVER.infer:
        this.#inferences.infer();
        this.#desk.showTracing();
        break;
      case TO_SERVER.cancel:
        this.#inferences.cancel();
        break;
      case TO_SERVER.caughtUp:
        this.#inferences.caughtUp();
        break;
      case TO_SERVER.requestForm:
        this.#inferences.addForm();
        break;
      case TO_SERVER.inferObject:
        this.#inferences.inferObject((trace) => this.#desk.trace(trace));
        break;
      case TO_SERVER.callNow:
        this.#answerNow(link.take() as NamedCall);
        break;
      case TO_SERVER.call:
        void this.#answerLater(link.take() as NamedCall & { readonly number: number });
        break;
      case TO_SERVER.notice:
        invoke(this.#desk.notices, link.take() as NamedCall);
        break;
    }
  }

  #answerNow(call: NamedCall): void {
    let result: Settled;
    try {
      result = { value: invoke(this.#desk.immediate, call) };
    } catch (error) {
      result = { error: plainError(error) };
    }
    // Before the thread goes on, which may look at once.
    this.#desk.showTracing();
    this.#replies.postMessage(result);
    Atomics.add(this.#replyCount, 0, 1);
    Atomics.notify(this.#replyCount, 0);
  }

  async #answerLater(call: NamedCall & { readonly number: number }): Promise<void> {
    let result: Settled;
    try {
      result = { value: await invoke(this.#desk.later, call) };
    } catch (error) {
      result = { error: plainError(error) };
    }
    if (!this.#over) this.#link.post(TO_THREAD.result, { number: call.number, result });
  }

  #carriedOut(number: number, result: Settled): void {
    const order = this.#orders.get(number);
    this.#orders.delete(number);
    try {
      order?.resolve(settledValue(result));
    } catch (error) {
      order?.reject(error);
    }
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#thread.once('message', () => resolve());
      this.#exited().catch(reject);
    });
  }

  /** Rejects when the thread ends before it has started. */
  #exited(): Promise<never> {
    return new Promise((_, reject) => {
      const fail = (cause: unknown) => {
        const reason = `a front-end thread does not start: ${toInferError(cause).message}`;
        reject(new InferError('INTERNAL', reason, { cause }));
      };
      this.#thread.once('error', fail);
      this.#thread.once('exit', (code) => fail(new Error(`it ended with code ${code}`)));
    });
  }

  #watch(): void {
    this.#thread.on('error', (error) => {
      this.#failure = error instanceof Error ? error.message : String(error);
    });
    this.#thread.on('exit', () => {
      if (this.#over) return;
      this.#end();
      this.#services.died(this, this.#failure);
    });
  }

  #end(): void {
    this.#over = true;
    this.#link.close();
    this.#replies.close();
    this.#sender?.close();
    this.#inferences.abandon();
    this.#desk.abandon();
    for (const { reject } of this.#orders.values()) reject(this.#gone());
    this.#orders.clear();
  }

  #gone(): InferError {
    return new InferError('UNAVAILABLE', 'the front-end thread has ended');
  }
}

interface NamedCall {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** Both sides share the table of calls, so that name and arguments fit. */
function invoke(calls: object, { name, args }: NamedCall): unknown {
  const method = (calls as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>)[
    name
  ];
  if (method === undefined) throw new InferError('INTERNAL', `there is no call '${name}'`);
  return method(...args);
}
