import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
  Worker,
} from 'node:worker_threads';
import { type Clock, InferError, type Logger } from '@nereid/core';
import { LineForwarder } from './line-forwarder.js';
import {
  type FromThread,
  type LogLevel,
  NO_TICKET,
  type ThreadBoot,
  type ThreadProtocol,
  TICKET_PLACES,
  type ToThread,
  takeTicket,
} from './thread-protocol.js';

interface ThreadLifeOptions<P extends ThreadProtocol> {
  /** Named in every message, such as `model instance 'm_0_0'`. */
  readonly name: string;
  readonly module: URL;
  readonly init: P['init'];
  readonly cpuCores?: readonly number[] | undefined;
  readonly startTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  onEvent(event: P['event'], reply: ReplyNotice<P>): void;
  /** Called once if the thread ends after it has started and before it is closed. */
  onDeath(error: InferError): void;
}

/** Tells the thread something that it has asked for, also while it still starts. */
export type ReplyNotice<P extends ThreadProtocol> = (
  notice: P['notice'],
  transfer?: readonly Transferable[],
) => void;

/** A request that a thread has before it can begin with it. */
export interface CallAhead<T> {
  /** Resolves to undefined when it never began: it was taken back, or the thread died before. */
  readonly response: Promise<T | undefined>;
  /** Takes it back; false when the thread has begun with it. */
  takeBack(): boolean;
}

interface Call<T> {
  readonly ticket: number;
  resolve(value: T): void;
  reject(error: InferError): void;
}

const MAX_TICKET = 0x7fff_fffe;

/** One worker thread from its start to its end, however that comes about. */
export class ThreadLife<P extends ThreadProtocol> {
  readonly #options: ThreadLifeOptions<P>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #ahead = new Int32Array(
    new SharedArrayBuffer(TICKET_PLACES * Int32Array.BYTES_PER_ELEMENT),
  );
  /**
   * The start, the execution or the close that waits for its answer, and the execution that was
   * sent ahead of its end; there are never more.
   */
  #call: Call<unknown> | undefined;
  #next: Call<unknown> | undefined;
  #lastTicket = NO_TICKET;
  #state: 'starting' | 'running' | 'closing' | 'ended' = 'starting';
  #served = false;
  #started: P['started'] | undefined;

  private constructor(options: ThreadLifeOptions<P>) {
    const { port1, port2 } = new MessageChannel();
    const { init, cpuCores } = options;
    const [bell, ahead] = [this.#bell, this.#ahead];
    const boot: ThreadBoot<P> = { port: port2, init, cpuCores, bell, ahead };
    this.#options = options;
    this.#port = port1;
    this.#worker = new Worker(options.module, {
      workerData: boot,
      transferList: [port2],
      name: options.name,
      stdout: true,
      stderr: true,
    });
    // Output that passes the console by, such as that of `process.stdout.write`.
    new LineForwarder(this.#worker.stdout, (line) => options.logger.info(line));
    new LineForwarder(this.#worker.stderr, (line) => options.logger.warn(line));
    port1.on('message', (message: FromThread<P>) => this.#receive(message));
    port1.on('messageerror', (error) => this.#end(`sent what cannot be read: ${error.message}`));
    this.#worker.on('error', (error) => this.#end(describeError(error)));
    this.#worker.on('exit', (code) => this.#end(`exited with code ${code}`));
  }

  /** Rejects with what the module threw, or INTERNAL when the thread ended or took too long. */
  static async start<P extends ThreadProtocol>(
    options: ThreadLifeOptions<P>,
  ): Promise<ThreadLife<P>> {
    const life = new ThreadLife(options);
    const { name, startTimeoutMs } = options;
    const cancel = options.clock.schedule(startTimeoutMs * 1000, () =>
      life.#end(`did not start within ${startTimeoutMs / 1000} seconds`),
    );
    try {
      life.#started = await life.#expect<P['started']>();
      life.#state = 'running';
      options.logger.verbose(1, `${name}: thread started`);
      return life;
    } finally {
      cancel();
      if (life.#state !== 'running') await life.#terminate();
    }
  }

  get started(): P['started'] | undefined {
    return this.#started;
  }

  /** True when an execution has succeeded. */
  get served(): boolean {
    return this.#served;
  }

  call(request: P['request'], transfer: readonly Transferable[]): Promise<P['response']> {
    if (this.#call || this.#state !== 'running') {
      return Promise.reject(new InferError('INTERNAL', `${this.#options.name} is busy or closed`));
    }
    this.#post({ kind: 'execute', value: request, ticket: NO_TICKET }, transfer);
    return this.#expect<P['response']>();
  }

  /** Sends a request behind the one that executes; undefined when it could not be the next one. */
  callAhead(
    request: P['request'],
    transfer: readonly Transferable[],
  ): CallAhead<P['response']> | undefined {
    if (!this.#call || this.#next || this.#state !== 'running') return undefined;
    const ticket = this.#newTicket(this.#call.ticket);
    Atomics.store(this.#ahead, ticket % TICKET_PLACES, ticket);
    this.#post({ kind: 'execute', value: request, ticket }, transfer);
    const response = new Promise<P['response'] | undefined>((resolve, reject) => {
      this.#next = { ticket, resolve: (value) => resolve(value as P['response']), reject };
    });
    // It may fail before anybody asks for it.
    response.catch(() => {});
    return { response, takeBack: () => this.#takeBack(ticket) };
  }

  notify(notice: P['notice'], transfer: readonly Transferable[] = []): void {
    if (this.#state === 'running') this.#post({ kind: 'notice', value: notice }, transfer);
  }

  /** Ends the thread as if it had died by itself; `reason` follows its name in the error. */
  abort(reason: string): void {
    this.#end(reason);
  }

  /** Lets the module close, for as long as `closeTimeoutMs`, and ends the thread. */
  async close(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'closing';
    const { clock, closeTimeoutMs, logger, name } = this.#options;
    const cancel = clock.schedule(closeTimeoutMs * 1000, () => {
      logger.warn(`${name} did not close within ${closeTimeoutMs / 1000} seconds`);
      this.#end('was ended');
    });
    this.#post({ kind: 'close' }, []);
    await this.#expect<void>().catch(() => {});
    cancel();
    await this.#terminate();
  }

  #expect<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#call = { ticket: NO_TICKET, resolve: (value) => resolve(value as T), reject };
    });
  }

  /** One with another place than that of the execution, which may not have begun either. */
  #newTicket(executing: number): number {
    const step = (this.#lastTicket + 1 - executing) % TICKET_PLACES === 0 ? 2 : 1;
    const ticket = this.#lastTicket + step;
    this.#lastTicket = ticket > MAX_TICKET ? step : ticket;
    return this.#lastTicket;
  }

  #takeBack(ticket: number): boolean {
    if (!takeTicket(this.#ahead, ticket)) return false;
    const call = this.#call?.ticket === ticket ? this.#call : this.#next;
    if (call === this.#call) this.#call = this.#next;
    this.#next = undefined;
    call?.resolve(undefined);
    return true;
  }

  #post(message: ToThread<P>, transfer: readonly Transferable[]): void {
    this.#port.postMessage(message, transfer);
    Atomics.add(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }

  #receive(message: FromThread<P>): void {
    switch (message.kind) {
      case 'response':
        this.#served = true;
        this.#settle()?.resolve(message.value);
        break;
      case 'started':
        this.#settle()?.resolve(message.value);
        break;
      case 'closed':
        this.#settle()?.resolve(undefined);
        break;
      case 'failed':
      case 'startFailed':
        this.#settle()?.reject(new InferError(message.error.code, message.error.message));
        break;
      case 'event':
        this.#options.onEvent(message.value, this.#reply);
        break;
      case 'log':
        writeLog(this.#options.logger, message.level, message.text);
        break;
      default:
        message satisfies never;
    }
  }

  readonly #reply: ReplyNotice<P> = (value, transfer = []) => {
    if (this.#state !== 'ended') this.#post({ kind: 'notice', value }, transfer);
  };

  #settle(): Call<unknown> | undefined {
    const call = this.#call;
    this.#call = this.#next;
    this.#next = undefined;
    return call;
  }

  /** The thread is of no use any more; the first reason given is the one that is told. */
  #end(reason: string): void {
    if (this.#state === 'ended') return;
    this.#receiveRest();
    const { name, onDeath } = this.#options;
    const wasRunning = this.#state === 'running';
    this.#state = 'ended';
    const error = new InferError('INTERNAL', `the thread of ${name} ${reason}`);
    // What it has not begun with is none of its victims.
    for (const call of [this.#call, this.#next]) {
      if (call && !(call.ticket && this.#takeBack(call.ticket))) call.reject(error);
    }
    this.#call = undefined;
    this.#next = undefined;
    if (!wasRunning) return;
    void this.#terminate();
    onDeath(error);
  }

  /** What the thread said before it ended: an answer counts, whatever the next request has done. */
  #receiveRest(): void {
    for (;;) {
      const received: { readonly message: FromThread<P> } | undefined = receiveMessageOnPort(
        this.#port,
      );
      if (!received) return;
      this.#receive(received.message);
    }
  }

  async #terminate(): Promise<void> {
    this.#state = 'ended';
    this.#port.close();
    await this.#worker.terminate();
  }
}

function describeError(error: unknown): string {
  return `failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function writeLog(logger: Logger, level: LogLevel, text: string): void {
  if (level === 'verbose') logger.verbose(1, text);
  else logger[level](text);
}
